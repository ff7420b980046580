import { type RunOptions, type StartInput, StagewireError } from "@stagewire/shared";
import { type Prices, priceOf } from "./cost.js";
import type { Pipeline } from "../pipelines/types.js";

/** What a run may ask for, and at which prices. */
export interface StartLimits {
  /** Bytes of UTF-8. */
  readonly maxTaskBytes: number;
  readonly maxRefinements: number;
  readonly prices: Prices;
  /** Models that a step goes on with, in this order, where its own fails for good. @default none */
  readonly fallbackModels?: readonly string[];
}

/** Checks what a schema can't: limits of this server, and names of this pipeline. Throws `INVALID_INPUT`. */
export function checkStart(input: StartInput, pipeline: Pipeline, model: string, limits: StartLimits): void {
  const { task, options = {} } = input;
  checkTask(task, limits.maxTaskBytes);
  checkOptions(options, pipeline, limits);
  if (options.maxCostUsd !== undefined) checkPrices(options, pipeline, model, limits);
}

/** A budget in dollars can only be kept where every model of the run has a price: better refused than ignored. */
function checkPrices(
  { models = {} }: RunOptions,
  pipeline: Pipeline,
  model: string,
  { prices, fallbackModels = [] }: StartLimits,
): void {
  const own = pipeline.stages.map(({ id }) => (Object.hasOwn(models, id) ? models[id] : undefined) ?? model);
  for (const used of [...own, ...fallbackModels]) {
    if (priceOf(prices, used)) continue;
    throw invalid(
      `options.maxCostUsd: no price is configured for the model "${used}" (prices), so it can't be kept. Use options.maxTokens.`,
    );
  }
}

function checkTask(task: string, maxTaskBytes: number): void {
  if (task.trim() === "") throw invalid("task: it is empty. Say in a sentence or more what is to be built.");
  const bytes = new TextEncoder().encode(task).length;
  if (bytes > maxTaskBytes) {
    throw invalid(`task: it has ${bytes} bytes, at most ${maxTaskBytes} are taken here (maxTaskBytes). Shorten it.`);
  }
}

function checkOptions(options: RunOptions, pipeline: Pipeline, { maxRefinements }: StartLimits): void {
  if ((options.maxRefinements ?? 0) > maxRefinements) {
    throw invalid(`options.maxRefinements is ${options.maxRefinements}, allowed 0–${maxRefinements}.`);
  }
  for (const stage of options.gates ?? []) checkStage(pipeline, "options.gates", stage);
  for (const stage of Object.keys(options.models ?? {})) checkStage(pipeline, "options.models", stage);
}

function checkStage(pipeline: Pipeline, where: string, stage: string): void {
  if (pipeline.stages.some(({ id }) => id === stage)) return;
  const stages = pipeline.stages.map(({ id }) => id).join(", ");
  throw invalid(`${where}: pipeline "${pipeline.id}" has no stage "${stage}"; its stages are ${stages}.`);
}

function invalid(message: string): StagewireError {
  return new StagewireError("INVALID_INPUT", message);
}
