import { isClosed, type RunView, type StepView } from "@stagewire/shared";

/** One version of what a run revises: its first form, or a revision of it. */
export interface Version {
  /** Unique within the run and the same for ever: `implementation`, `refinement:2`. */
  readonly id: string;
  readonly stage: string;
  /** 0 outside the loop, 1…n for the n-th refinement. */
  readonly iteration: number;
  /** For people: `Implementation`, `Refinement 2`. */
  readonly title: string;
  readonly text: string;
  readonly status: StepView["status"];
  /** True when its step completed, so that it stood at least for a while. What was skipped is void, the rest partial. */
  readonly accepted: boolean;
  /** True for the one that stands: the last that was accepted. */
  readonly current: boolean;
}

/**
 * Every version of the stage that the pipeline revises, in the order in which they began; none for a pipeline that
 * revises nothing. Steps that have not written anything are left out. Pure.
 */
export function versionsOf(view: RunView): Version[] {
  const stages = revisedStages(view);
  const steps = view.steps.filter(({ stage, output }) => stages.has(stage) && output !== "");
  const current = steps.findLast(({ status }) => status === "completed");
  return steps.map((step) => ({
    id: stepId(step),
    stage: step.stage,
    iteration: step.iteration,
    title: stepTitle(view, step),
    text: step.output,
    status: statusOf(view, step),
    accepted: step.status === "completed",
    current: step === current,
  }));
}

/** The stage that is revised and those that revise it. Where a pipeline revises several, what its loop revises. */
function revisedStages({ pipeline: { stages } }: RunView): ReadonlySet<string> {
  const revising = stages.filter(({ revises }) => revises !== undefined);
  const revised = (revising.find(({ loop }) => loop) ?? revising[0])?.revises;
  if (revised === undefined) return new Set();
  return new Set([revised, ...revising.flatMap(({ id, revises }) => (revises === revised ? [id] : []))]);
}

/** A step's id in addresses and file names. */
export function stepId({ stage, iteration }: Pick<StepView, "stage" | "iteration">): string {
  return iteration > 0 ? `${stage}:${iteration}` : stage;
}

/** A step's name for people. */
export function stepTitle(view: RunView, { stage, iteration }: Pick<StepView, "stage" | "iteration">): string {
  const title = view.pipeline.stages.find(({ id }) => id === stage)?.title ?? stage;
  return iteration > 0 ? `${title} ${iteration}` : title;
}

/** A step's status; one that the run's end caught before its own was told is as the run. */
export function statusOf(view: RunView, { status }: StepView): StepView["status"] {
  const open = status === "running" || status === "retrying";
  if (!open || !isClosed(view)) return status;
  return view.status === "failed" ? "failed" : "cancelled";
}
