import * as z from "zod";
import { commandIdSchema, commandOutcomeSchema, commandSchema } from "./commands.js";
import { nameSchema, runIdSchema } from "./ids.js";
import { parentSchema, pipelineInfoSchema, runOptionsSchema } from "./run.js";
import { usageSchema } from "./usage.js";
import { verdictSchema } from "./verdict.js";

const ms = z.number().nonnegative();
const seqSchema = z.number().int().positive();
const iterationSchema = z.number().int().nonnegative();
const attemptSchema = z.number().int().positive();

/** What every event carries. */
const base = {
  runId: runIdSchema,
  /** 1, 2, 3 … without a gap within a run. */
  seq: seqSchema,
  /** First `seq` that a compacted event covers; without it the event covers just `seq`. */
  from: seqSchema.exactOptional(),
  /** Unix ms. */
  at: z.number(),
};
/** Which model call an event belongs to. */
const step = { stage: nameSchema, iteration: iterationSchema, attempt: attemptSchema };

/** Always seq 1. */
export const runStartSchema = z.object({
  ...base,
  type: z.literal("run_start"),
  task: z.string(),
  pipeline: pipelineInfoSchema,
  options: runOptionsSchema,
  parent: parentSchema.exactOptional(),
});

/** A model call begins. A higher `attempt` voids every token of lower ones. */
export const stageStartSchema = z.object({
  ...base,
  type: z.literal("stage_start"),
  ...step,
  model: nameSchema,
  cause: z.enum(["next", "retry", "fallback", "recovered"]),
  /** Of a `recovered` attempt: an estimate of what the attempt that it voids had used. */
  usage: usageSchema.exactOptional(),
});

/** What the model wrote. `offset` is the UTF-16 position of `text` in that channel of that attempt. */
export const tokenSchema = z.object({
  ...base,
  type: z.literal("token"),
  ...step,
  channel: z.enum(["output", "reasoning"]),
  offset: z.number().int().nonnegative(),
  text: z.string(),
});

/** Sign of life, at least every 2 s while the run is alive, even when the model says nothing. */
export const progressSchema = z.object({
  ...base,
  type: z.literal("progress"),
  phase: z.enum(["queued", "waiting", "streaming", "retrying", "paused"]),
  stage: nameSchema.exactOptional(),
  iteration: iterationSchema.exactOptional(),
  elapsedMs: ms,
  stageElapsedMs: ms.exactOptional(),
  /** Output and reasoning pieces received in this attempt so far. */
  tokens: z.number().int().nonnegative().exactOptional(),
  tokensPerSecond: ms.exactOptional(),
  /** Of this attempt: ms from asking the model to its first piece; missing until it came. */
  firstTokenMs: ms.exactOptional(),
  /** 0…1 of the whole run. */
  fraction: z.number().min(0).max(1).exactOptional(),
  /** Ms to the end of the run, from measured durations; missing while nothing was measured. */
  etaMs: ms.exactOptional(),
  /** 1 is next. */
  queuePosition: z.number().int().positive().exactOptional(),
  costUsd: z.number().nonnegative().exactOptional(),
  message: z.string(),
});

/** A step ended. `output` is exactly the concatenation of that attempt's output tokens, `reasoning` of its reasoning tokens. */
export const stageCompleteSchema = z.object({
  ...base,
  type: z.literal("stage_complete"),
  ...step,
  outcome: z.enum(["completed", "skipped", "cancelled", "failed"]),
  output: z.string(),
  reasoning: z.string().exactOptional(),
  verdict: verdictSchema.exactOptional(),
  /** Of this attempt alone: failed ones before it told theirs themselves. */
  usage: usageSchema,
  /** Of this attempt: ms from asking the model to its first piece; missing where none came. */
  firstTokenMs: ms.exactOptional(),
  durationMs: ms,
});

/** Who steered, when, and what came of it. */
export const controlSchema = z.object({
  ...base,
  type: z.literal("control"),
  commandId: commandIdSchema,
  command: commandSchema,
  by: z.string(),
  outcome: commandOutcomeSchema,
  reason: z.string().exactOptional(),
  /** The step at which it takes effect. For a skip, `iteration` is the first iteration that is skipped. */
  stage: nameSchema.exactOptional(),
  iteration: iterationSchema.exactOptional(),
});

/** Something failed. Non-fatal ones tell of retries as they happen. */
export const errorSchema = z.object({
  ...base,
  type: z.literal("error"),
  /** One of `ERROR_CODES`; receivers must accept codes they do not know. */
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  fatal: z.boolean(),
  stage: nameSchema.exactOptional(),
  iteration: iterationSchema.exactOptional(),
  attempt: attemptSchema.exactOptional(),
  /** Ms until the next attempt; present only when there is one. */
  retryInMs: ms.exactOptional(),
  /** How many attempts the step can come to at most, those of other models included; present only with `retryInMs`. */
  maxAttempts: attemptSchema.exactOptional(),
  /** An estimate of what the failed attempt had used, where it had begun to write and another attempt follows. */
  usage: usageSchema.exactOptional(),
});

/** Always the last event: a closed run is closed for good. */
export const runCompleteSchema = z.object({
  ...base,
  type: z.literal("run_complete"),
  outcome: z.enum(["completed", "cancelled", "failed"]),
  output: z.string().exactOptional(),
  usage: usageSchema,
  costUsd: z.number().nonnegative().exactOptional(),
  durationMs: ms,
});

/** Every event of the protocol. Unknown fields are dropped by a parse; see {@link parseEvent} for unknown types. */
export const runEventSchema = z.discriminatedUnion("type", [
  runStartSchema,
  stageStartSchema,
  tokenSchema,
  progressSchema,
  stageCompleteSchema,
  controlSchema,
  errorSchema,
  runCompleteSchema,
]);

/** The first event of a run, `seq` 1: its task, its pipeline and what it was started with. */
export type RunStartEvent = z.infer<typeof runStartSchema>;
/** A model call begins. A higher `attempt` voids every token of lower ones; `cause` says why there is another one. */
export type StageStartEvent = z.infer<typeof stageStartSchema>;
/** What the model wrote. `offset` is the UTF-16 position of `text` in that channel of that attempt. */
export type TokenEvent = z.infer<typeof tokenSchema>;
/** Sign of life, at least every 2 s while the run is alive. Durations and `etaMs` in ms, `fraction` 0…1 of the whole run. */
export type ProgressEvent = z.infer<typeof progressSchema>;
/** A step ended. `output` is exactly the concatenation of that attempt's output tokens; `usage` is that attempt's alone. */
export type StageCompleteEvent = z.infer<typeof stageCompleteSchema>;
/** Who steered, when, and what came of it. For a skip, `iteration` is the first one that is skipped. */
export type ControlEvent = z.infer<typeof controlSchema>;
/** Something failed. One that is not `fatal` tells of a retry, `retryInMs` ahead. Accept codes that you do not know. */
export type ErrorEvent = z.infer<typeof errorSchema>;
/** The last event, always: a closed run is closed for good. */
export type RunCompleteEvent = z.infer<typeof runCompleteSchema>;
/** Any event. It covers `from … seq` of its run, or just `seq` without `from`; `at` is in Unix ms. */
export type RunEvent = z.infer<typeof runEventSchema>;
/** The `type` of an event. */
export type RunEventType = RunEvent["type"];

/** An event before the log has numbered it. */
export type EventBody = RunEvent extends infer E
  ? E extends RunEvent
    ? Omit<E, "runId" | "seq" | "from" | "at">
    : never
  : never;

/** The eight types this version knows. */
export const EVENT_TYPES: ReadonlySet<string> = new Set(runEventSchema.options.map((o) => o.shape.type.value));

/** Reads one event of the wire: `undefined` for a type this version does not know; throws zod's error for a malformed one. */
export function parseEvent(value: unknown): RunEvent | undefined {
  if (typeof value === "object" && value !== null && "type" in value) {
    const { type } = value;
    if (typeof type === "string" && !EVENT_TYPES.has(type)) return undefined;
  }
  return runEventSchema.parse(value);
}
