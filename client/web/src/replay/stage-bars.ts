import { type RunView, type StepView, stepKey } from "@stagewire/shared";

/** One step on the scrubber, as shares of the run's whole time: 0…1. */
export interface StageBar {
  readonly key: string;
  readonly status: StepView["status"];
  readonly from: number;
  readonly to: number;
}

/** The steps of a run in their true durations; one that goes on reaches to the end. `totalMs` is the whole track. Pure. */
export function stageBars({ steps, createdAt }: RunView, totalMs: number): StageBar[] {
  const share = (at: number) => Math.min(1, Math.max(0, (at - createdAt) / Math.max(1, totalMs)));
  return steps.map(({ stage, iteration, status, startedAt, completedAt }) => ({
    key: stepKey(stage, iteration),
    status,
    from: share(startedAt),
    to: completedAt === undefined ? 1 : share(completedAt),
  }));
}

/** What runs `ms` after the run's start, in words: "Review 1", "waiting". Pure. */
export function stepNameAt(view: RunView, ms: number): string {
  const at = view.createdAt + ms;
  const step = view.steps.findLast(({ startedAt }) => startedAt <= at);
  if (!step) return "queued";
  if (step.completedAt !== undefined && step.completedAt < at) return "between steps";
  const title = view.pipeline.stages.find(({ id }) => id === step.stage)?.title ?? step.stage;
  return step.iteration > 0 ? `${title} ${step.iteration}` : title;
}

/** Where the steps begin and end, in ms from the run's start, ascending: the places that one jumps to. Pure. */
export function boundaries(view: RunView, totalMs: number): number[] {
  const times = view.steps.flatMap(({ startedAt, completedAt }) =>
    completedAt === undefined ? [startedAt] : [startedAt, completedAt],
  );
  const found = new Set([0, ...times.map((at) => Math.max(0, at - view.createdAt)), totalMs]);
  return [...found].toSorted((a, b) => a - b);
}
