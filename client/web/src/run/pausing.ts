import { activeStep, isClosed, type RunView } from "@stagewire/shared";
import { flattenPlan, planRun } from "./plan";

/**
 * `pausing` until the running call has ended; `gate` is a pause that the run was started with; `stalled` is one that
 * nobody asked for: the server says why.
 */
export type PauseState = "going" | "pausing" | "paused" | "gate" | "stalled";

/** Pure. */
export function pauseState(view: RunView): PauseState {
  if (isClosed(view)) return "going";
  if (view.paused) return view.status === "paused" && !activeStep(view) ? "paused" : "pausing";
  if (view.status !== "paused") return "going";
  return !activeStep(view) && next(view)?.gate ? "gate" : "stalled";
}

/** True while the run waits for a person to resume it. */
export function waitsForResume(view: RunView): boolean {
  const state = pauseState(view);
  return state === "paused" || state === "gate";
}

/** True where the button is Resume: a run that waits by itself goes on by itself, and can be paused meanwhile. */
export function offersResume(view: RunView): boolean {
  const state = pauseState(view);
  return state === "pausing" || waitsForResume(view);
}

/** `paused before Review`, `paused at the gate before Review`; empty while the run goes on or finishes a call. */
export function pausedText(view: RunView): string {
  if (!waitsForResume(view)) return "";
  const step = next(view);
  return `paused${pauseState(view) === "gate" ? " at the gate" : ""}${step ? ` before ${step.title}` : ""}`;
}

function next(view: RunView) {
  return flattenPlan(planRun(view)).find((step) => step.state === "paused");
}
