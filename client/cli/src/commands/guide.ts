import { text as readText } from "node:stream/consumers";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { PROGRAM } from "../program.js";
import { steer } from "../send-command.js";

/** As the protocol has it, in UTF-16 units. */
const MOST = 20_000;

/** Gives guidance to the steps of a run that follow. */
export async function guide(context: Context): Promise<number> {
  const [word, given, ...others] = context.args.positionals;
  if (word === undefined || given === undefined || others.length > 0) {
    throw usageError(`guide takes a run and one text: \`${PROGRAM} guide <id> "<text>"\`, or \`-\` for stdin`);
  }
  const text = (given === "-" ? await readText(process.stdin) : given).trim();
  if (text === "") throw usageError(`the guidance ${given === "-" ? "on stdin " : ""}is empty`);
  if (text.length > MOST) throw usageError(`the guidance has ${text.length} characters, at most ${MOST} are taken`);
  return await steer(
    context,
    word,
    { type: "guide", text },
    {
      applied: "is guided from its next step on",
      scheduled: "will be guided",
      rejected: "was not guided",
    },
  );
}
