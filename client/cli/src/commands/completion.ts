import { completionScript, SHELLS } from "../completion/scripts.js";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";

/** Prints the script that makes a shell complete this command. */
export async function completion({ args, out }: Context): Promise<number> {
  const [word, ...others] = args.positionals;
  const shell = SHELLS.find((known) => known === word);
  if (shell === undefined || others.length > 0) {
    throw usageError(`completion takes one shell: ${SHELLS.join(", ")}`);
  }
  out.write(completionScript(shell));
  return EXIT.finished;
}
