import type { PipelineInfo, RunView, StepView } from "@stagewire/shared";

/** A step's place in a pipeline; `iteration` is 0 outside the loop. */
export interface Place {
  readonly stage: string;
  readonly iteration: number;
}

/**
 * Where a retry of a closed run begins: the step that failed or was cancelled; the step that came next when the run
 * was cancelled between two; the last one when it completed. Pure. `undefined` for a run without any stage.
 */
export function retryPlace(view: RunView): Place | undefined {
  const last = view.steps.at(-1);
  if (!last) return place(view.pipeline.stages[0]);
  const ended = last.status === "completed" || last.status === "skipped";
  if (!ended || view.status === "completed") return { stage: last.stage, iteration: last.iteration };
  return following(view, last);
}

function following(view: RunView, last: StepView): Place | undefined {
  const { stages } = view.pipeline;
  const index = stages.findIndex(({ id }) => id === last.stage);
  const loopIndex = stages.findIndex(({ loop }) => loop);
  const loop = stages[loopIndex];
  const review = loop?.loop?.review;
  if (index === loopIndex && last.status === "completed" && review !== undefined) {
    return { stage: review, iteration: last.iteration };
  }
  const inLoop = index === loopIndex || (review !== undefined && last.stage === review);
  if (!loop || !inLoop) return place(stages[index + 1]) ?? { stage: last.stage, iteration: last.iteration };
  const approved = last.status === "completed" && last.verdict?.approved === true;
  const coming = last.iteration + 1;
  const most = Math.min(view.options.maxRefinements ?? loop.loop?.max ?? 0, view.lastIteration ?? Infinity);
  if (!approved && coming <= most) return { stage: loop.id, iteration: coming };
  return place(stages[loopIndex + 1]) ?? { stage: last.stage, iteration: last.iteration };
}

function place(stage: PipelineInfo["stages"][number] | undefined): Place | undefined {
  return stage && { stage: stage.id, iteration: stage.loop ? 1 : 0 };
}
