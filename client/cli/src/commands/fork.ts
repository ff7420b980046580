import { MAX_REFINEMENTS } from "@stagewire/shared";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { startFrom } from "../start-from.js";
import { readNumber } from "../values.js";

/** Starts a run that takes over another one's outputs before a stage, and shows it. */
export async function fork(context: Context): Promise<number> {
  const { from, iteration: given, task } = context.args.values;
  if (from === undefined) throw usageError("fork needs --from <stage>: the stage that the new run begins with");
  if (task?.trim() === "") throw usageError("--task is empty: leave it out to keep the parent's task");
  const iteration = readNumber("iteration", given, 0, MAX_REFINEMENTS);
  return await startFrom(context, "fork", (parent, options) =>
    parent.fork({
      fromStage: from,
      options,
      ...(iteration !== undefined && { iteration }),
      ...(task !== undefined && { task }),
    }),
  );
}
