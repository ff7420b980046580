import type { RunStatus, StepView } from "@stagewire/shared";

/** Everything a run or a step can be; each has a word and an icon. */
export type State = RunStatus | StepView["status"] | "cancelling" | "pausing" | "planned" | "unneeded" | "unreached";

export const STATE_WORDS: Record<State, string> = {
  queued: "Queued",
  running: "Running",
  paused: "Paused",
  completed: "Finished",
  cancelled: "Cancelled",
  failed: "Failed",
  retrying: "Retrying",
  skipped: "Skipped",
  cancelling: "Cancelling",
  pausing: "Pausing",
  planned: "Planned",
  unneeded: "Not needed",
  unreached: "Not reached",
};
