import type { Context } from "./context.js";
import { usageError } from "./errors.js";

/** The run that a command is about which takes one at most; the newest one when none is named. */
export function runOrLast({ args }: Context, name: string): string {
  const [word = "last", ...others] = args.positionals;
  if (others.length > 0) throw usageError(`${name} takes one run, not ${args.positionals.length}`);
  return word;
}
