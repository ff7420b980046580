import * as z from "zod";
import { nameSchema, runIdSchema } from "./ids.js";
import { usageSchema } from "./usage.js";

/** The most refinement iterations a run may ask for. */
export const MAX_REFINEMENTS = 10;

/** What a run may be started with. Unknown keys are refused: a budget that is silently ignored would cost money. */
export const runOptionsSchema = z.strictObject({
  /** How many refinement iterations at most. @default the pipeline's own `loop.max` */
  maxRefinements: z.number().int().min(0).max(MAX_REFINEMENTS).exactOptional(),
  /** Model by stage; other stages use the server's model. */
  models: z.record(nameSchema, nameSchema).exactOptional(),
  /** Ends the run with `BUDGET_EXCEEDED` once it used more tokens (prompt and completion). */
  maxTokens: z.number().int().positive().exactOptional(),
  /** Ends the run with `BUDGET_EXCEEDED` once it cost more, in US dollars. */
  maxCostUsd: z.number().positive().exactOptional(),
  /** Stages before which the run pauses until it is resumed. */
  gates: z.array(nameSchema).max(100).exactOptional(),
  /** What becomes of the run when nobody watches it any more. @default "continue" */
  onAbandoned: z.enum(["continue", "cancel"]).exactOptional(),
  /** `low`: gets a place only where no other run waits for one. A run that has its place keeps it. @default "normal" */
  priority: z.enum(["normal", "low"]).exactOptional(),
});
/** What a run may be started with: refinements, models by stage, budgets in tokens and US dollars, gates, priority. */
export type RunOptions = z.infer<typeof runOptionsSchema>;

/** Where a forked or retried run takes its first outputs from. */
export const parentSchema = z.object({
  runId: runIdSchema,
  fromStage: nameSchema,
  iteration: z.number().int().nonnegative().exactOptional(),
});
/** Where a forked or retried run takes its first outputs from. */
export type Parent = z.infer<typeof parentSchema>;

/** A pipeline as clients see it: what `run_start` tells and `pipelines.list` lists. */
export const pipelineInfoSchema = z.object({
  id: nameSchema,
  title: z.string(),
  stages: z.array(
    z.object({
      id: nameSchema,
      title: z.string(),
      /** Present on the stage that is repeated: at most `max` iterations, each reviewed again by the stage `review`. */
      loop: z.object({ max: z.number().int().nonnegative(), review: nameSchema.exactOptional() }).exactOptional(),
      /** The stage whose accepted output a completed output of this one replaces. */
      revises: nameSchema.exactOptional(),
    }),
  ),
});
/** A pipeline as clients see it. */
export type PipelineInfo = z.infer<typeof pipelineInfoSchema>;

/** Input of `runs.start`. */
export const startInputSchema = z.object({
  task: z.string(),
  pipeline: nameSchema.exactOptional(),
  options: runOptionsSchema.exactOptional(),
  parent: parentSchema.exactOptional(),
  /** Made once by the client: the same key twice starts one run and answers with it both times. */
  idempotencyKey: z.string().min(1).max(200).exactOptional(),
});
/** What a run is started with. The same `idempotencyKey` twice starts one run and answers with it both times. */
export type StartInput = z.infer<typeof startInputSchema>;

/** Answer of `runs.start`. `created` is false when the `idempotencyKey` had started that run before. */
export const startResultSchema = z.object({ runId: runIdSchema, created: z.boolean() });
/** The run; `created` is false when the `idempotencyKey` had started it before. */
export type StartResult = z.infer<typeof startResultSchema>;

/** What a run is doing. The last three are for good. */
export const runStatusSchema = z.enum(["queued", "running", "paused", "completed", "cancelled", "failed"]);
/** What a run is doing. `completed`, `cancelled` and `failed` are for good. */
export type RunStatus = z.infer<typeof runStatusSchema>;

/** One line of a list of runs. */
export const runSummarySchema = z.object({
  runId: runIdSchema,
  status: runStatusSchema,
  /** The task's beginning, at most 200 UTF-16 units. */
  title: z.string(),
  pipeline: nameSchema,
  /** Unix ms. */
  createdAt: z.number(),
  /** Unix ms of the last change. */
  updatedAt: z.number(),
  stage: nameSchema.exactOptional(),
  iteration: z.number().int().exactOptional(),
  /** 0…1, by measured stage durations where there are any. */
  fraction: z.number().exactOptional(),
  etaMs: z.number().exactOptional(),
  elapsedMs: z.number().exactOptional(),
  tokensPerSecond: z.number().exactOptional(),
  queuePosition: z.number().int().exactOptional(),
  usage: usageSchema.exactOptional(),
  costUsd: z.number().exactOptional(),
  parent: parentSchema.exactOptional(),
});
/** One line of a list of runs. Times in Unix ms, durations in ms, `fraction` 0…1. */
export type RunSummary = z.infer<typeof runSummarySchema>;

/** Input of `runs.list`: newest first, `cursor` from the last page's `nextCursor`. */
export const listInputSchema = z.object({
  status: runStatusSchema.exactOptional(),
  limit: z.number().int().min(1).max(200).exactOptional(),
  cursor: z.string().max(100).exactOptional(),
});
/** Which runs to list, newest first; `cursor` is the last page's `nextCursor`. */
export type ListInput = z.infer<typeof listInputSchema>;

/** A page of runs, newest first. */
export interface ListResult {
  runs: RunSummary[];
  /** Where the next page begins; missing on the last page. */
  nextCursor?: string;
  /** Where `runs.feed` goes on from this list, so that no change is missed. */
  feedCursor?: string;
}

/** Input of `runs.prompt`: a step that has begun. */
export const promptInputSchema = z.object({
  runId: runIdSchema,
  stage: nameSchema,
  /** @default 0 */
  iteration: z.number().int().nonnegative().exactOptional(),
});
/** A step that has begun. */
export type PromptInput = z.infer<typeof promptInputSchema>;

/** Answer of `runs.prompt`: what the model was asked in the step's latest attempt, built anew from the log. */
export interface StepPrompt {
  attempt: number;
  messages: { role: string; content: string }[];
}

/** How much a watcher wants to see: every token, or only what happens to stages. */
export const detailSchema = z.enum(["tokens", "stages"]);
/** How much a watcher wants to see: every token, or only what happens to stages. */
export type Detail = z.infer<typeof detailSchema>;

/** Answer of `server.info`. */
export interface ServerInfo {
  name: string;
  version: string;
  protocol: 1;
  /** `kind: "demo"` means canned answers: no model is asked. */
  model: { kind: "demo" | "openai"; name: string; baseUrl?: string };
  limits: {
    maxConcurrentRuns: number;
    maxTaskBytes: number;
    maxMessageBytes: number;
    maxRefinements: number;
  };
  auth: { required: boolean };
}

/** Answer of `server.usage`: what the run log takes. */
export interface ServerUsage {
  runs: number;
  /** Of them, those that have ended. */
  closedRuns: number;
  /** Bytes of the events of all runs, as JSON. */
  bytes: number;
  /** Bytes that the store takes on its disk, with indexes and free room. */
  storeBytes: number;
  /** Of the runs that have ended, the one that ended first; `closedAt` in Unix ms. */
  oldest?: { runId: string; closedAt: number };
  /** What is deleted; a limit that is missing is not set. */
  retention: { days?: number; maxRuns?: number };
  /** What the next clean-up will delete. */
  due: { runs: number; bytes: number };
}
