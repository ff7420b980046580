import type { Context } from "../context.js";
import { sendCommand } from "../send-command.js";

/** Cancels a run, at once or after the running stage. */
export function cancel(context: Context): Promise<number> {
  const { values } = context.args;
  const command = {
    type: "cancel" as const,
    when: values["after-stage"] ? ("after_stage" as const) : ("now" as const),
    ...(values.reason !== undefined && { reason: values.reason }),
  };
  return sendCommand(context, "cancel", command, {
    applied: "is cancelled",
    scheduled: "will be cancelled after the running stage",
    rejected: "was not cancelled",
  });
}
