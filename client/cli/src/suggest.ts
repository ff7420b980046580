import { nearest } from "@stagewire/shared";
import { COMMAND_NAMES, type CommandName } from "./command-table.js";
import { kebab } from "./options.js";

/** What people call it who come from elsewhere. */
const OTHER_NAMES: Readonly<Record<string, CommandName>> = {
  start: "serve",
  server: "serve",
  up: "serve",
  new: "run",
  ls: "list",
  ps: "list",
  runs: "list",
  logs: "watch",
  tail: "watch",
  follow: "watch",
  attach: "watch",
  status: "show",
  get: "show",
  view: "show",
  inspect: "show",
  stop: "cancel",
  kill: "cancel",
  abort: "cancel",
  continue: "resume",
  unpause: "resume",
  rerun: "retry",
  browse: "open",
  check: "doctor",
  settings: "config",
};

/** The command that was probably meant. */
export function commandLike(word: string): CommandName | undefined {
  const lower = word.toLowerCase();
  const begun = COMMAND_NAMES.filter((name) => lower.length > 1 && name.startsWith(lower));
  const other = Object.hasOwn(OTHER_NAMES, lower) ? OTHER_NAMES[lower] : undefined;
  return other ?? (begun.length === 1 ? begun[0] : nearest(word, COMMAND_NAMES));
}

/** The option, of those that the command takes, that was probably meant by `name` (without its dashes). */
export function optionLike(name: string, known: readonly string[]): string | undefined {
  const word = kebab(name.replaceAll("_", "-"));
  if (known.includes(word)) return word;
  const [within] = known
    .filter((option) => option.length > 3 && word.length > 3 && (word.includes(option) || option.includes(word)))
    .toSorted((a, b) => b.length - a.length);
  return within ?? (word.length > 2 ? nearest(word, known) : undefined);
}
