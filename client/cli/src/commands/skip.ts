import type { Context } from "../context.js";
import { sendCommand } from "../send-command.js";

/** Skips the running refinement iteration, or all that remain. */
export function skip(context: Context): Promise<number> {
  const { values } = context.args;
  const what = values.remaining ? "all refinement that remains" : "the iteration";
  const command = {
    type: "skip" as const,
    target: values.remaining ? ("remaining" as const) : ("iteration" as const),
    when: values["after-iteration"] ? ("after_iteration" as const) : ("now" as const),
  };
  return sendCommand(context, "skip", command, {
    applied: `skips ${what}`,
    scheduled: `will skip ${what}`,
    rejected: `does not skip ${what}`,
  });
}
