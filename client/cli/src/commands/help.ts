import { readArgs } from "../args.js";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { helpText } from "../help.js";

/** Prints the overview, or one command's page. */
export async function help({ args, out, version }: Context): Promise<number> {
  const [word, ...others] = args.positionals;
  if (others.length > 0) throw usageError(`help takes one command, not ${args.positionals.length}`);
  // The same words for a command that there is not.
  out.write(helpText(version, word === undefined ? undefined : readArgs([word]).command));
  return EXIT.finished;
}
