import { activeStep, findStep, isClosed, type RunView, type StepView, stepKey, type Verdict } from "@stagewire/shared";
import type { Pipeline, PromptContext, StageDefinition } from "../pipelines/types.js";

/** A place in a pipeline. */
export interface Position {
  readonly stage: string;
  /** 0 outside the loop, 1…n for the n-th refinement and its re-review. */
  readonly iteration: number;
}

/** One model call to make now. */
export interface Step extends Position {
  readonly type: "step";
  readonly attempt: number;
  /** {@link nextStep} knows no models: what it calls `retry` may become `fallback`. */
  readonly cause: "next" | "retry" | "fallback" | "recovered";
}

/** Nothing to do until somebody resumes the run, or cancels it. */
export interface Wait extends Position {
  readonly type: "wait";
  /** `gate`: the run's options ask for a pause before this step. */
  readonly why: "paused" | "gate";
}

/** The run is over; `closed` tells that its log says so already. */
export interface Done {
  readonly type: "done";
  readonly outcome: "completed" | "cancelled" | "failed";
  readonly closed: boolean;
}

/**
 * What the orchestrator does next, from the folded log alone. Pure: crash recovery asks the same question.
 * A step that the log shows as begun and not ended is begun again as a higher attempt.
 */
export function nextStep(pipeline: Pipeline, view: RunView): Step | Wait | Done {
  if (isClosed(view)) return { type: "done", outcome: closedOutcome(view), closed: true };
  if (view.cancelScheduled && !activeStep(view)) return { type: "done", outcome: "cancelled", closed: false };
  const [position] = remainingSteps(pipeline, view);
  if (!position) return { type: "done", outcome: "completed", closed: false };

  const begun = findStep(view, position.stage, position.iteration);
  if (begun?.status === "failed") return { type: "done", outcome: "failed", closed: false };
  if (begun?.status === "cancelled") return { type: "done", outcome: "cancelled", closed: false };
  if (!begun) {
    if (view.paused) return { type: "wait", why: "paused", ...position };
    if (isGated(view, position)) return { type: "wait", why: "gate", ...position };
    return { type: "step", ...position, attempt: 1, cause: "next" };
  }
  const cause = begun.status === "retrying" ? "retry" : "recovered";
  return { type: "step", ...position, attempt: begun.attempt + 1, cause };
}

/** Steps that are still to be ended, in order, as if no review of a coming iteration approved. The first is what runs now. */
export function remainingSteps(pipeline: Pipeline, view: RunView): Position[] {
  const steps: Position[] = [];
  const need = (stage: string, iteration: number) => {
    const step = findStep(view, stage, iteration);
    if (step?.status !== "completed" && step?.status !== "skipped") steps.push({ stage, iteration });
    return step;
  };
  for (const stage of pipeline.stages) {
    if (!stage.loop) {
      need(stage.id, 0);
      continue;
    }
    if (approves(findStep(view, stage.loop.review, 0))) continue;
    const first = firstIteration(pipeline, view);
    for (let iteration = 1; iteration <= iterationLimit(stage, view); iteration++) {
      if (view.skippedIterations.includes(iteration)) continue;
      if (iteration < first) {
        if (approves(findStep(view, stage.loop.review, iteration))) break;
        continue;
      }
      if (need(stage.id, iteration)?.status === "skipped") continue;
      if (approves(need(stage.loop.review, iteration))) break;
    }
  }
  return steps;
}

/** Where the run stands towards its refinement loop; `none` when the pipeline has none. `iteration` is the current or coming one of at most `last`. */
export function loopPosition(
  pipeline: Pipeline,
  view: RunView,
): { where: "none" | "before" | "past" } | { where: "inside"; iteration: number; last: number } {
  const loopIndex = pipeline.stages.findIndex((stage) => stage.loop);
  const loop = pipeline.stages[loopIndex];
  if (!loop) return { where: "none" };
  const at = activeStep(view) ?? remainingSteps(pipeline, view)[0];
  if (!at) return { where: "past" };
  if (at.iteration > 0) return { where: "inside", iteration: at.iteration, last: iterationLimit(loop, view) };
  return { where: pipeline.stages.findIndex((stage) => stage.id === at.stage) < loopIndex ? "before" : "past" };
}

/** What the stage at `position` is prompted with: the task, and the accepted outputs before it. */
export function promptContext(pipeline: Pipeline, view: RunView, position: Position): PromptContext {
  const outputs = new Map<string, string>();
  let review: StepView | undefined;
  for (const step of view.steps) {
    if (step.status !== "completed") continue;
    const stage = stageOf(pipeline, step.stage);
    outputs.set(stage?.revises ?? step.stage, step.output);
    if (stage?.verdict) review = step;
  }
  const guidance = view.controls.flatMap(({ command, outcome }) =>
    command.type === "guide" && outcome !== "rejected" ? [command.text] : [],
  );
  return {
    task: view.task,
    // Own properties whatever the stages are called, `__proto__` included.
    outputs: Object.fromEntries(outputs),
    iteration: position.iteration,
    guidance,
    ...(review && { review: review.output }),
    ...(review?.verdict && { verdict: review.verdict satisfies Verdict }),
  };
}

/** The run's result: the accepted output of the pipeline's last stage. */
export function runOutput(pipeline: Pipeline, view: RunView): string {
  const last = pipeline.stages.at(-1);
  return view.steps.findLast((step) => step.stage === last?.id && step.status === "completed")?.output ?? "";
}

export function stageOf(pipeline: Pipeline, id: string): StageDefinition | undefined {
  return pipeline.stages.find((stage) => stage.id === id);
}

function iterationLimit(stage: StageDefinition, view: RunView): number {
  return Math.min(view.options.maxRefinements ?? stage.loop?.max ?? 0, view.lastIteration ?? Infinity);
}

/** A fork takes the loop up to its place as its parent left it, so what the parent skipped there is not made up for. */
function firstIteration(pipeline: Pipeline, { parent }: RunView): number {
  if (!parent) return 1;
  const loopIndex = pipeline.stages.findIndex(({ loop }) => loop);
  const fromIndex = pipeline.stages.findIndex(({ id }) => id === parent.fromStage);
  return fromIndex > loopIndex ? Infinity : Math.max(1, parent.iteration ?? 0);
}

function approves(review: StepView | undefined): boolean {
  return review?.status === "completed" && review.verdict?.approved === true;
}

function isGated(view: RunView, { stage, iteration }: Position): boolean {
  return (view.options.gates ?? []).includes(stage) && !view.openedGates.includes(stepKey(stage, iteration));
}

function closedOutcome(view: RunView): Done["outcome"] {
  return view.status === "cancelled" || view.status === "failed" ? view.status : "completed";
}
