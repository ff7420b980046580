import { parseArgs } from "node:util";
import { allOptionsOf, COMMAND_NAMES, type CommandName, isCommandName, specOf } from "./command-table.js";
import { usageError } from "./errors.js";
import { kebab, type OptionName, OPTIONS, type OptionSpec, SERVER_OPTIONS } from "./options.js";
import { PROGRAM } from "./program.js";
import { optionLike, commandLike } from "./suggest.js";

type Values = {
  [Name in OptionName]?: (typeof OPTIONS)[Name]["type"] extends "boolean"
    ? boolean
    : (typeof OPTIONS)[Name] extends { multiple: true }
      ? string[]
      : string;
};

/** A command line that was understood. */
export interface Args {
  /** Missing when nothing, or only `--help` or `--version`, was asked for. */
  readonly command?: CommandName;
  readonly positionals: readonly string[];
  readonly values: Readonly<Values>;
  /** The server's settings that were given as flags, by config key. */
  readonly serverFlags: Readonly<Record<string, string>>;
}

type Known = readonly (readonly [string, OptionSpec])[];

const NO_COMMAND: Known = [
  ["help", OPTIONS.help],
  ["version", OPTIONS.version],
  ["json", OPTIONS.json],
];

/** Every option of every command: needed to tell a command's name from an option's value. */
const ANY: Known = [...NO_COMMAND, ...COMMAND_NAMES.flatMap((command) => allOptionsOf(command))];

/** Reads what follows the program's name. Throws a usage error that names the wrong word and what was probably meant. */
export function readArgs(argv: readonly string[]): Args {
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(ANY),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const word = tokens.find((token) => token.kind === "positional")?.value;
  const command = word === undefined ? undefined : commandNamed(word);
  const known = command === undefined ? NO_COMMAND : allOptionsOf(command);
  for (const token of tokens) {
    if (token.kind === "option") checkOption(token.name, token.rawName, command, known);
  }
  const { values, positionals } = parse(argv, known);
  return {
    ...(command !== undefined && { command }),
    positionals: positionals.slice(1),
    ...separate(values, command),
  };
}

function commandNamed(word: string): CommandName {
  if (isCommandName(word)) return word;
  const meant = commandLike(word);
  const help = meant
    ? `did you mean \`${PROGRAM} ${meant}\`?`
    : `known are ${COMMAND_NAMES.join(", ")} (\`${PROGRAM} help\` tells more)`;
  throw usageError(`"${word}" is not a command; ${help}`);
}

function checkOption(name: string, raw: string, command: CommandName | undefined, known: Known): void {
  if (known.some(([option]) => option === name)) return;
  const taker = command === undefined ? PROGRAM : command;
  const meant = optionLike(
    name,
    known.map(([option]) => option),
  );
  const page = command === undefined ? `${PROGRAM} help` : `${PROGRAM} help ${command}`;
  throw usageError(
    `${taker} takes no ${raw}; ${meant ? `did you mean --${meant}?` : `\`${page}\` lists what it takes`}`,
  );
}

/** Node's own parser: unlike others it leaves `-`, `007` and `1e5` the texts that they are. */
function parse(argv: readonly string[], known: Known): { values: Record<string, unknown>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: parserOptions(known),
      allowPositionals: true,
    });
    return { values: { ...values }, positionals };
  } catch (error) {
    // "Option '-f, --file <value>' argument is ambiguous.\nDid you forget …": the first sentence is what helps.
    const [what = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    const missing = /^Option '(?:-\w, )?(--[\w-]+).*argument (?:missing|is ambiguous)/.exec(what)?.[1];
    throw usageError(missing === undefined ? what : `${missing} needs a value`);
  }
}

function parserOptions(known: Known) {
  return Object.fromEntries(
    known.map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(multiple && { multiple }) },
    ]),
  );
}

/** A name can be both, as `--model` is: which one it is depends on the command. */
function separate(
  given: Readonly<Record<string, unknown>>,
  command: CommandName | undefined,
): Pick<Args, "values" | "serverFlags"> {
  const values: Record<string, unknown> = { ...given };
  const serverFlags: Record<string, string> = {};
  if (command !== undefined && specOf(command).settings) {
    for (const key of Object.keys(SERVER_OPTIONS)) {
      const value = values[kebab(key)];
      if (typeof value === "string") serverFlags[key] = value;
      delete values[kebab(key)];
    }
  }
  return { values, serverFlags };
}
