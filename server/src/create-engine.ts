import { pino } from "pino";
import { configSchema } from "./config/schema.js";
import { createEngine as create, type Engine, type EngineOptions } from "./engine/engine.js";
import { buildPipeline } from "./pipelines/index.js";

/** A log and a model are needed. The rest is by default what the settings of the same names are. */
export type EngineInput = Pick<EngineOptions, "log" | "model"> & Partial<EngineOptions>;

/**
 * Starts an engine without any door, and with it every run of the log that is not closed. Log and model stay yours:
 * close the engine before them.
 */
export async function createEngine(input: EngineInput): Promise<Engine> {
  const defaults = configSchema.parse({});
  return await create({
    ...defaults,
    logger: pino({ level: defaults.logLevel }, pino.destination(2)),
    ...input,
    pipelines: input.pipelines ?? [buildPipeline],
  });
}
