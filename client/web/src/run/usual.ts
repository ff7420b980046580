import type { RunView } from "@stagewire/shared";

const QUIET_MS = 8_000;

/** The median wait for the first token in this run's ended calls of `model`, in ms; `undefined` before there is one. Pure. */
export function usualFirstTokenMs(view: RunView, model: string): number | undefined {
  const waits = view.steps.flatMap((step) =>
    step.model === model && step.firstTokenMs !== undefined ? [step.firstTokenMs] : [],
  );
  return waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)];
}

/** How long a call may be silent, in ms, before that is worth saying. Pure. */
export function quietAfterMs(usual: number | undefined): number {
  return Math.max(QUIET_MS, 3 * (usual ?? 0));
}
