import { allOptionsOf, COMMAND_NAMES, type CommandName, GROUPS, specOf } from "./command-table.js";
import { EXAMPLES } from "./examples.js";
import { KEYS } from "./keys/key-table.js";
import type { OptionSpec } from "./options.js";
import { PROGRAM } from "./program.js";

/** The help page of the whole command, or of one part of it. */
export function helpText(version: string, command?: CommandName): string {
  return `${(command === undefined ? overview(version) : page(command)).join("\n")}\n`;
}

function overview(version: string): string[] {
  const rows = COMMAND_NAMES.map((name) => ({ ...specOf(name), name }));
  const width = Math.max(...rows.map(({ name, usage }) => `${name} ${usage}`.length));
  const line = ({ name, usage, help }: (typeof rows)[number]) => `  ${`${name} ${usage}`.padEnd(width)}  ${help}`;
  return [
    `stagewire ${version}: run staged LLM pipelines, watch every token live, cancel or skip in the middle`,
    "",
    `${PROGRAM} <command> [options]`,
    ...GROUPS.flatMap((group) => ["", group, ...rows.filter((row) => row.group === group).map(line)]),
    "",
    `  An id may be the beginning of one, or \`last\`. \`${PROGRAM} help <command>\` tells its options.`,
    "",
    "Examples",
    ...examples(EXAMPLES.all),
    "",
    "Exit status",
    "  0 finished   1 run failed, or command rejected   2 usage or config   3 cancelled   4 not allowed",
    "  5 unreachable   6 not found   8 still running (detached, timeout)   128 + n ended by signal n",
  ];
}

function page(command: CommandName): string[] {
  const { usage, help, settings, keys } = specOf(command);
  return [
    `${PROGRAM} ${command} ${usage}`.trimEnd(),
    `  ${help}`,
    "",
    "Options",
    ...table(allOptionsOf(command).map(([name, option]) => [spell(name, option), withProgram(option.help)] as const)),
    ...(settings
      ? [
          "",
          "  Each setting can also be an environment variable (STAGEWIRE_MAX_ATTEMPTS, …, PORT, HOST) or a",
          "  line of stagewire.config.ts, .js, .mjs or .json.",
        ]
      : []),
    ...(keys ? ["", "Keys on a terminal", ...table(KEYS.map(({ keys: press, help: what }) => [press, what]))] : []),
    "",
    "Examples",
    ...examples(EXAMPLES[command]),
  ];
}

function spell(name: string, { short, value }: OptionSpec): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function examples(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${withProgram(line)}`);
}

/** What is shown has to work when it is typed. */
function withProgram(text: string): string {
  return text.replaceAll(/\bstagewire (?=[a-z])/g, `${PROGRAM} `);
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
