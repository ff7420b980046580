import type { Context } from "../context.js";
import { sendCommand } from "../send-command.js";

/** Pauses a run before its next step. */
export function pause(context: Context): Promise<number> {
  return sendCommand(
    context,
    "pause",
    { type: "pause" },
    {
      applied: "is paused",
      scheduled: "pauses once the running step has ended",
      rejected: "was not paused",
    },
  );
}
