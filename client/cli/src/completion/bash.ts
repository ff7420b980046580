import { COMMAND_NAMES } from "../command-table.js";
import { LIST_RUNS, optionsOf, RUN_COMMANDS } from "./words.js";

/** For bash 3.2 and later, without the bash-completion package. */
export function bashScript(): string {
  const all = COMMAND_NAMES.join(" ");
  const values = new Map<string, string>();
  for (const { name, short, choices, file, value } of COMMAND_NAMES.flatMap(optionsOf)) {
    if (value === undefined) continue;
    const spelled = short === undefined ? `--${name}` : `--${name}|-${short}`;
    const reply = choices ? `-W "${choices.join(" ")}"` : file ? "-f" : undefined;
    // A value that nobody can guess: better nothing than a wrong word.
    if (!values.has(spelled) || reply) values.set(spelled, reply ? `COMPREPLY=($(compgen ${reply} -- "$cur"))` : ":");
  }
  return [
    "_stagewire() {",
    '  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" command="" options="" words="" i',
    "  COMPREPLY=()",
    "  for ((i = 1; i < COMP_CWORD; i++)); do",
    '    case "${COMP_WORDS[i]}" in',
    `      ${COMMAND_NAMES.join("|")}) command="\${COMP_WORDS[i]}"; break ;;`,
    "    esac",
    "  done",
    '  case "$prev" in',
    ...[...values].map(([spelled, reply]) => `    ${spelled}) ${reply}; return ;;`),
    "  esac",
    '  case "$command" in',
    `    "") options="--help --version"; words="${all}" ;;`,
    ...COMMAND_NAMES.map(
      (name) =>
        `    ${name}) options="${optionsOf(name)
          .map((option) => `--${option.name}`)
          .join(" ")}" ;;`,
    ),
    "  esac",
    '  if [[ "$cur" == -* ]]; then',
    '    COMPREPLY=($(compgen -W "$options" -- "$cur"))',
    "    return",
    "  fi",
    '  case "$command" in',
    `    ${RUN_COMMANDS.join("|")}) words="last $(${LIST_RUNS})" ;;`,
    `    help) words="${all}" ;;`,
    '    completion) words="bash zsh fish" ;;',
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    "}",
    "complete -F _stagewire stagewire",
    "",
  ].join("\n");
}
