import { plain } from "./render/plain.js";

const REASONS: Readonly<Record<string, string>> = {
  run_closed: "the run has ended",
  not_refining: "the run is not in its refinement loop",
  already_past: "the refinement loop is over",
  already_cancelling: "it is being cancelled already",
  already_paused: "it is paused already, or will be before its next step",
  not_paused: "it is not paused",
};

/** Why a command was rejected, in words. */
export function reasonText(reason: string | undefined): string {
  if (reason === undefined) return "the server gave no reason";
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? reason) : plain(reason);
}
