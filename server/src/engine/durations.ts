import type { RunView, StepView } from "@stagewire/shared";
import type { Pipeline } from "../pipelines/types.js";
import { type Position, remainingSteps } from "./next-step.js";

/** How many measurements of one kind of step are kept; older ones no longer say much about today. */
const KEPT = 20;

/** Measured durations of completed steps, by pipeline, stage and model. */
export class Durations {
  readonly #measured = new Map<string, number[]>();

  /** Takes the completed steps of a run into account. */
  learn(pipeline: string, steps: readonly StepView[]): void {
    for (const step of steps) {
      // Inherited steps of a fork took no time: they were not run.
      if (step.status !== "completed" || !step.durationMs) continue;
      const key = durationKey(pipeline, step.stage, step.model);
      this.#measured.set(key, [...(this.#measured.get(key) ?? []), step.durationMs].slice(-KEPT));
    }
  }

  /** The median of what was measured, in ms. */
  usual(pipeline: string, stage: string, model: string): number | undefined {
    const measured = this.#measured.get(durationKey(pipeline, stage, model));
    return measured?.toSorted((a, b) => a - b)[Math.floor(measured.length / 2)];
  }
}

/** How far a run is, and how long it still takes if every remaining step is needed. */
export interface Estimate {
  /** 0…1. By time where every duration is known, else by number of steps. */
  readonly fraction: number;
  /** Missing while nothing was measured. */
  readonly etaMs?: number;
}

/** Pure. `runningMs`: how long the attempt that runs has taken. A stage that was never measured counts as the mean of this run's own finished steps. */
export function estimate(
  pipeline: Pipeline,
  view: RunView,
  durations: Durations,
  modelOf: (stage: string) => string,
  runningMs: number,
): Estimate {
  const ended = view.steps.filter((step) => step.durationMs !== undefined);
  const remaining = remainingSteps(pipeline, view);
  const mean = average(
    ended.flatMap((step) => (step.status === "completed" && step.durationMs ? [step.durationMs] : [])),
  );
  const expected = remaining.map((at) => durations.usual(pipeline.id, at.stage, modelOf(at.stage)) ?? mean);
  if (!expected.every((ms) => ms !== undefined)) {
    return { fraction: ended.length / (ended.length + remaining.length || 1) };
  }
  const etaMs = expected.reduce((sum, ms, index) => sum + left(ms, view, remaining[index], runningMs), 0);
  const spent = ended.reduce((sum, step) => sum + (step.durationMs ?? 0), 0);
  const total = spent + expected.reduce((sum, ms) => sum + ms, 0);
  return { fraction: clamp(total === 0 ? 1 : 1 - etaMs / total), etaMs: Math.round(etaMs) };
}

/** What is left of an expected duration: a running step that outlasts it is expected to end any moment. */
function left(expectedMs: number, view: RunView, at: Position | undefined, runningMs: number): number {
  const last = view.steps.at(-1);
  const running = last?.status === "running" && last.stage === at?.stage && last.iteration === at.iteration;
  return running ? Math.max(0, expectedMs - runningMs) : expectedMs;
}

function average(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}

function durationKey(pipeline: string, stage: string, model: string): string {
  return JSON.stringify([pipeline, stage, model]);
}
