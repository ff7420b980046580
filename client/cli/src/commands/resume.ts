import type { Context } from "../context.js";
import { sendCommand } from "../send-command.js";

/** Lets a run go on that is paused or waits at a gate, or takes back a pause that has not begun. */
export function resume(context: Context): Promise<number> {
  return sendCommand(
    context,
    "resume",
    { type: "resume" },
    {
      applied: "goes on",
      scheduled: "will go on",
      rejected: "was not resumed",
    },
  );
}
