import { COMMAND_NAMES, specOf } from "../command-table.js";
import { type CompletedOption, LIST_RUNS, optionsOf, RUN_COMMANDS } from "./words.js";

/** For zsh: either evaluated after `compinit`, or as a file `_stagewire` in `fpath`. */
export function zshScript(): string {
  return [
    "#compdef stagewire",
    "_stagewire_runs() {",
    `  compadd last $(${LIST_RUNS})`,
    "}",
    "_stagewire() {",
    "  local -a commands",
    "  commands=(",
    ...COMMAND_NAMES.map((name) => `    ${quoted(`${name}:${specOf(name).help}`)}`),
    "  )",
    "  if (( CURRENT == 2 )); then",
    "    _describe command commands",
    "    return",
    "  fi",
    "  local command=$words[2]",
    "  shift words",
    "  (( CURRENT-- ))",
    "  case $command in",
    ...COMMAND_NAMES.map(
      (name) => `    ${name}) _arguments -s ${[...optionsOf(name).map(specification), argument(name)].join(" ")} ;;`,
    ),
    "  esac",
    "}",
    'if [ "$funcstack[1]" = "_stagewire" ]; then _stagewire "$@"; else compdef _stagewire stagewire; fi',
    "",
  ].join("\n");
}

/** One option as `_arguments` wants it. */
function specification({ name, short, help, value, choices, file }: CompletedOption): string {
  const told = `[${help.replaceAll(/[[\]\\]/g, String.raw`\$&`)}]`;
  const takes = value === undefined ? "" : `:${value}:${choices ? `(${choices.join(" ")})` : file ? "_files" : " "}`;
  if (short === undefined) return quoted(`*--${name}${told}${takes}`);
  return `${quoted(`(-${short} --${name})`)}{-${short},--${name}}${quoted(`${told}${takes}`)}`;
}

function argument(name: (typeof COMMAND_NAMES)[number]): string {
  if (RUN_COMMANDS.includes(name)) return quoted("1:run:_stagewire_runs");
  if (name === "completion") return quoted("1:shell:(bash zsh fish)");
  return name === "help" ? quoted(`1:command:(${COMMAND_NAMES.join(" ")})`) : quoted("*: : ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
