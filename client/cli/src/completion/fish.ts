import { COMMAND_NAMES, specOf } from "../command-table.js";
import { type CompletedOption, LIST_RUNS, optionsOf, RUN_COMMANDS } from "./words.js";

/** For fish 3 and later. */
export function fishScript(): string {
  const seen = (...names: readonly string[]) => `-n ${quoted(`__fish_seen_subcommand_from ${names.join(" ")}`)}`;
  return [
    "complete -c stagewire -f",
    ...COMMAND_NAMES.map(
      (name) => `complete -c stagewire -n __fish_use_subcommand -a ${name} -d ${quoted(specOf(name).help)}`,
    ),
    ...COMMAND_NAMES.flatMap((name) =>
      optionsOf(name).map((option) => `complete -c stagewire ${seen(name)} ${specification(option)}`),
    ),
    `complete -c stagewire ${seen(...RUN_COMMANDS)} -a ${quoted(`last (${LIST_RUNS})`)}`,
    `complete -c stagewire ${seen("help")} -a ${quoted(COMMAND_NAMES.join(" "))}`,
    `complete -c stagewire ${seen("completion")} -a 'bash zsh fish'`,
    "",
  ].join("\n");
}

function specification({ name, short, help, value, choices, file }: CompletedOption): string {
  return [
    `-l ${name}`,
    ...(short === undefined ? [] : [`-s ${short}`]),
    // -x: a value that is no file, so that no files are offered.
    ...(value === undefined ? [] : [file ? "-r -F" : "-x"]),
    ...(choices ? [`-a ${quoted(choices.join(" "))}`] : []),
    `-d ${quoted(help)}`,
  ].join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
