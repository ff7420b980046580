import type { RunView } from "@stagewire/shared";

/** Ms that have passed since a moment in a run's past. Never goes back. */
export type Stopwatch = () => number;

/** A run that is worked says how it is at least so often, in ms. */
const PROGRESS_MS = 2_000;

/**
 * Since `run_start`. A clock that is set while it runs does not move it. What was before is taken from the log, which
 * tells in each `progress` what it was then; only the time in which nobody worked the run is left to the clock.
 */
export function runStopwatch(view: RunView): Stopwatch {
  const { progress } = view;
  return stopwatch(progress ? progress.elapsedMs + sinceTold(view, progress.at) : sinceUnix(view.createdAt));
}

/** The same since the step that `view` shows last began. */
export function stepStopwatch(view: RunView): Stopwatch {
  const { progress } = view;
  const step = view.steps.at(-1);
  if (!step) return stopwatch(0);
  const told = progress?.stage === step.stage && progress.iteration === step.iteration;
  return stopwatch(
    told && progress.stageElapsedMs !== undefined
      ? progress.stageElapsedMs + sinceTold(view, progress.at)
      : sinceUnix(step.startedAt),
  );
}

/** Begins at `startMs`. */
export function stopwatch(startMs: number): Stopwatch {
  const began = performance.now();
  return () => Math.round(startMs + performance.now() - began);
}

/** By the clock, though it may have been set between the last sign of life and the events that followed on it. */
function sinceTold({ updatedAt }: RunView, toldAt: number): number {
  return Math.min(Math.max(0, updatedAt - toldAt), PROGRESS_MS) + sinceUnix(updatedAt);
}

function sinceUnix(at: number): number {
  return Math.max(0, Date.now() - at);
}
