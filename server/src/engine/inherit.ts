import {
  type EventBody,
  NO_USAGE,
  reduce,
  type RunStartEvent,
  type RunView,
  StagewireError,
  type StepView,
} from "@stagewire/shared";
import type { Pipeline } from "../pipelines/types.js";
import { type Position, remainingSteps } from "./next-step.js";

/**
 * The events by which a fork takes over its parent's ended steps before `from`: retry and fork are the same thing.
 * They were paid for by the parent, so they count no usage and no time. Pure.
 */
export function inheritedEvents(pipeline: Pipeline, parent: RunView, from: Position): EventBody[] {
  const limit = order(pipeline, from);
  return parent.steps
    .filter((step) => (step.status === "completed" || step.status === "skipped") && order(pipeline, step) < limit)
    .flatMap((step) => inherited(step));
}

/** Rejects a fork from a place that the pipeline does not have, or that its parent did not get to: what lies between would be left out. */
export function checkParent(pipeline: Pipeline, parent: RunView, start: RunStartEvent): void {
  const { fromStage, iteration = 0 } = start.parent ?? { fromStage: "" };
  if (parent.pipeline.id !== pipeline.id) {
    throw new StagewireError(
      "INVALID_INPUT",
      `parent.runId: run ${parent.runId} ran the pipeline "${parent.pipeline.id}", so it can't be forked into "${pipeline.id}".`,
    );
  }
  if (!pipeline.stages.some((stage) => stage.id === fromStage)) {
    const stages = pipeline.stages.map((stage) => stage.id).join(", ");
    throw new StagewireError(
      "INVALID_INPUT",
      `parent.fromStage: there is no stage "${fromStage}"; its stages are ${stages}.`,
    );
  }
  const loop = pipeline.stages.find((stage) => stage.loop);
  const inLoop = loop !== undefined && (loop.id === fromStage || loop.loop?.review === fromStage);
  const most = inLoop ? (start.options.maxRefinements ?? loop.loop?.max ?? 0) : 0;
  if (iteration > most) {
    throw new StagewireError(
      "INVALID_INPUT",
      `parent.iteration is ${iteration}; from the stage "${fromStage}" this run can have 0–${most}.`,
    );
  }
  const from = { stage: fromStage, iteration };
  const begun = inheritedEvents(pipeline, parent, from).reduce<RunView>(
    (view, body) => reduce(view, { ...body, runId: start.runId, seq: view.seq + 1, at: start.at }),
    reduce(undefined, start),
  );
  // A fork makes up for nothing in the loop before its place, so what its parent still had to do there is asked of it.
  const first = [parent, begun]
    .map((view) => remainingSteps(pipeline, view)[0])
    .find((next) => next !== undefined && order(pipeline, next) < order(pipeline, from));
  if (first) {
    throw new StagewireError(
      "INVALID_INPUT",
      `parent: run ${parent.runId} did not get to the stage "${fromStage}" (iteration ${iteration}): fork it from "${first.stage}" (iteration ${first.iteration}) or earlier.`,
    );
  }
}

/** A number that grows along the pipeline: an iteration's refinement, its re-review, the next iteration's refinement. */
function order(pipeline: Pipeline, { stage, iteration }: Position): number {
  const index = pipeline.stages.findIndex(({ id }) => id === stage);
  const loopIndex = pipeline.stages.findIndex(({ loop }) => loop);
  const loop = pipeline.stages[loopIndex]?.loop;
  const inLoop = index === loopIndex || (iteration > 0 && stage === loop?.review);
  if (!inLoop) return index;
  // Iterations lie between the loop stage and the one after it.
  return loopIndex + (2 * Math.max(1, iteration) + (index === loopIndex ? 0 : 1)) / 1_000;
}

function inherited(step: StepView): EventBody[] {
  const { stage, iteration, model, output, reasoning, verdict } = step;
  const at = { stage, iteration, attempt: 1 };
  return [
    { type: "stage_start", ...at, model, cause: "next" },
    {
      type: "stage_complete",
      ...at,
      outcome: step.status === "skipped" ? "skipped" : "completed",
      output,
      ...(reasoning && { reasoning }),
      ...(verdict && { verdict }),
      usage: NO_USAGE,
      durationMs: 0,
    },
  ];
}
