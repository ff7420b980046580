import { allOptionsOf, COMMAND_NAMES, type CommandName, specOf } from "../command-table.js";

/** Prints ids of runs, newest first; nothing where no server answers. */
export const LIST_RUNS = "stagewire list --quiet 2>/dev/null";

/** Commands whose first argument is a run. */
export const RUN_COMMANDS: readonly CommandName[] = COMMAND_NAMES.filter((name) => specOf(name).run);

export interface CompletedOption {
  readonly name: string;
  readonly short?: string;
  readonly help: string;
  /** What its value is called; missing for a switch. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly file: boolean;
}

/** What a command's options look like to a shell. */
export function optionsOf(command: CommandName): CompletedOption[] {
  return allOptionsOf(command).map(([name, { short, help, value, choices, file = false, type }]) => ({
    name,
    help,
    file,
    ...(short !== undefined && { short }),
    ...(type === "string" && { value: value ?? "VALUE" }),
    ...(choices && { choices }),
  }));
}
