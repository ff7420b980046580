import { findStep, isInherited, type RunView, StagewireError, type StepPrompt } from "@stagewire/shared";
import type { Message } from "../models/types.js";
import type { Pipeline } from "../pipelines/types.js";
import { type Position, promptContext, stageOf } from "./next-step.js";

/** What the model is asked in a step that begins now. Throws what the pipeline's own function throws. */
export function buildPrompt(pipeline: Pipeline, view: RunView, position: Position): readonly Message[] {
  const prompted = stageOf(pipeline, position.stage)?.prompt(promptContext(pipeline, view, position));
  return checkMessages(position.stage, prompted);
}

/**
 * What the model was asked in the latest attempt of a step, built from the log as it was when that attempt began. It is
 * what was sent as long as the pipeline's functions are the same as then. Rejects with `INVALID_INPUT` where this run
 * asked no model.
 */
export function promptOfStep(pipeline: Pipeline, view: RunView, position: Position): StepPrompt {
  const { stage, iteration } = position;
  const step = findStep(view, stage, iteration);
  const name = `${JSON.stringify(stage)}${iteration > 0 ? `, iteration ${iteration},` : ""}`;
  if (!step) {
    throw new StagewireError("INVALID_INPUT", `Stage ${name} has not begun in this run, so no model was asked.`);
  }
  if (isInherited(view, step)) {
    const parent = view.parent?.runId;
    throw new StagewireError("INVALID_INPUT", `Stage ${name} was taken over: ask for its prompt in run ${parent}.`);
  }
  const then: RunView = {
    ...view,
    steps: view.steps.slice(0, view.steps.indexOf(step)),
    controls: view.controls.filter(({ seq }) => seq < step.attemptSeq),
  };
  const messages = buildPrompt(pipeline, then, position).map(({ role, content }) => ({ role, content }));
  return { attempt: step.attempt, messages };
}

/** A pipeline may come from plain JavaScript: what its prompt gives is checked before anything counts on it. */
function checkMessages(stage: string, prompted: unknown): readonly Message[] {
  if (Array.isArray(prompted) && prompted.every(isMessage)) return prompted;
  const what = prompted instanceof Promise ? "a promise" : "something else";
  throw new StagewireError(
    "CONFIG_INVALID",
    `The prompt of stage ${JSON.stringify(stage)} gave ${what}: it has to return a list of { role, content }, both texts, and at once.`,
  );
}

function isMessage(value: unknown): value is Message {
  const { role, content } = (value ?? {}) as { role?: unknown; content?: unknown };
  return typeof role === "string" && typeof content === "string";
}
