import {
  commandOutcomeSchema,
  commandSchema,
  type ControlView,
  type ErrorView,
  type ListResult,
  nameSchema,
  parentSchema,
  pipelineInfoSchema,
  progressSchema,
  runIdSchema,
  runOptionsSchema,
  runStatusSchema,
  runSummarySchema,
  type RunView,
  stageStartSchema,
  type StepView,
  usageSchema,
  verdictSchema,
} from "@stagewire/shared";
import * as z from "zod";

const count = z.number().int().nonnegative();
const at = z.number();

/** Holds a schema to its type: every field, and no other. */
type Fields<T> = { [K in keyof T]-?: z.ZodType<T[K]> };

export const stepViewSchema = z.object({
  stage: nameSchema,
  iteration: count,
  attempt: count,
  model: nameSchema,
  cause: stageStartSchema.shape.cause,
  status: z.enum(["running", "retrying", "completed", "skipped", "cancelled", "failed"]),
  startedAt: at,
  attemptStartedAt: at,
  /** `seq` of the `stage_start` of the latest attempt. */
  attemptSeq: count,
  firstTokenMs: z.number().exactOptional(),
  output: z.string(),
  reasoning: z.string(),
  failures: count,
  verdict: verdictSchema.exactOptional(),
  usage: usageSchema.exactOptional(),
  completedAt: at.exactOptional(),
  durationMs: z.number().exactOptional(),
} satisfies Fields<StepView>);

export const controlViewSchema = z.object({
  seq: count,
  at,
  commandId: z.string(),
  command: commandSchema,
  by: z.string(),
  outcome: commandOutcomeSchema,
  reason: z.string().exactOptional(),
  stage: nameSchema.exactOptional(),
  iteration: count.exactOptional(),
} satisfies Fields<ControlView>);

export const errorViewSchema = z.object({
  seq: count,
  at,
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  fatal: z.boolean(),
  stage: nameSchema.exactOptional(),
  iteration: count.exactOptional(),
  attempt: count.exactOptional(),
  model: nameSchema.exactOptional(),
  retryInMs: z.number().exactOptional(),
  maxAttempts: count.exactOptional(),
} satisfies Fields<ErrorView>);

/** `RunView` for readers of the OpenAPI document; nothing is parsed by it. */
export const runViewSchema = z.object({
  runId: runIdSchema,
  seq: count,
  status: runStatusSchema,
  task: z.string(),
  pipeline: pipelineInfoSchema,
  options: runOptionsSchema,
  parent: parentSchema.exactOptional(),
  createdAt: at,
  updatedAt: at,
  steps: z.array(stepViewSchema),
  progress: progressSchema.omit({ type: true, runId: true, from: true }).exactOptional(),
  controls: z.array(controlViewSchema),
  errors: z.array(errorViewSchema),
  paused: z.boolean(),
  openedGates: z.array(z.string()),
  skippedIterations: z.array(count),
  lastIteration: count.exactOptional(),
  cancelScheduled: z.boolean(),
  usage: usageSchema,
  usageByModel: z.array(z.object({ model: nameSchema, usage: usageSchema })),
  costUsd: z.number().exactOptional(),
  output: z.string().exactOptional(),
  completedAt: at.exactOptional(),
  durationMs: z.number().exactOptional(),
} satisfies Fields<RunView>);

export const listResultSchema = z.object({
  runs: z.array(runSummarySchema),
  nextCursor: z.string().exactOptional(),
  feedCursor: z.string().exactOptional(),
} satisfies Fields<ListResult>);
