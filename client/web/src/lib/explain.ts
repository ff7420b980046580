const REASONS: Record<string, string> = {
  run_closed: "the run has ended",
  not_refining: "no refinement is running",
  already_past: "refinement is over",
  already_paused: "the run is paused already",
  not_paused: "the run is not paused",
  already_cancelling: "the run is being cancelled already",
};

/** A rejection's reason in plain words. Reasons that this version does not know are shown as they are. */
export function explainReason(reason: string | undefined): string {
  return reason === undefined ? "the server gave no reason" : (REASONS[reason] ?? reason.replaceAll("_", " "));
}

/** What to show of something thrown. The errors of the SDK say what happened and what to do. */
export function errorText(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Who gave a command, in words: a server without sign-in knows only that it was somebody at it. */
export function byWhom(by: string): string {
  return by === "local" ? "someone at this server" : by;
}
