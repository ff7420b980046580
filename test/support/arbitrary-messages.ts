import type {
  Ack,
  Command,
  CommandEnvelope,
  Finding,
  ListInput,
  Parent,
  PipelineInfo,
  RunEvent,
  RunEventType,
  RunOptions,
  RunSummary,
  StartInput,
  StartResult,
  Usage,
  Verdict,
} from "@stagewire/shared";
import * as fc from "fast-check";
import { arbitraryText } from "./arbitrary-log.js";

type Arbitraries<T> = { [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> };
type RequiredKey<T> = { [K in keyof T]-?: object extends Pick<T, K> ? never : K }[keyof T];

/** Any `T`; the fields that are not in `required` may be missing. Names every field, so that a new one can't be forgotten. */
function message<T extends object>(fields: Arbitraries<T>, required: RequiredKey<T>[]): fc.Arbitrary<T> {
  return fc.record<T, RequiredKey<T>>(fields, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<T>;
}

const text = fc.oneof(fc.constant(""), arbitraryText());
const name = fc.oneof(fc.constantFrom("review", "gpt-5", "constructor"), fc.string({ minLength: 1, maxLength: 200 }));
const runId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const commandId = fc.string({ minLength: 1, maxLength: 128 });
const count = fc.nat();
const positive = fc.integer({ min: 1 });
// JSON has no -0: a value that is written as 0 would not come back as it was.
const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const at = fc.integer({ min: 0, max: 4_102_444_800_000 });
const commandOutcome = fc.constantFrom("applied", "scheduled", "rejected");

export const arbitraryUsage = message<Usage>(
  {
    promptTokens: count,
    completionTokens: count,
    reasoningTokens: count,
    cachedTokens: count,
    estimated: fc.boolean(),
  },
  ["promptTokens", "completionTokens", "estimated"],
);

const finding = message<Finding>(
  { severity: fc.constantFrom("blocker", "major", "minor"), title: arbitraryText(), detail: text, where: text },
  ["severity", "title"],
);

export const arbitraryVerdict = message<Verdict>(
  { approved: fc.boolean(), summary: text, findings: fc.array(finding, { maxLength: 3 }) },
  ["approved", "findings"],
);

export const arbitraryCommand: fc.Arbitrary<Command> = fc.oneof(
  message<Extract<Command, { type: "cancel" }>>(
    { type: fc.constant("cancel"), when: fc.constantFrom("now", "after_stage"), reason: text },
    ["type", "when"],
  ),
  fc.record(
    {
      type: fc.constant("skip" as const),
      target: fc.constantFrom("iteration" as const, "remaining" as const),
      when: fc.constantFrom("now" as const, "after_iteration" as const),
    },
    { noNullPrototype: true },
  ),
  fc.constantFrom({ type: "pause" as const }, { type: "resume" as const }),
  fc.record({ type: fc.constant("guide" as const), text: arbitraryText() }, { noNullPrototype: true }),
);

export const arbitraryEnvelope = message<CommandEnvelope>({ commandId, runId, command: arbitraryCommand }, [
  "commandId",
  "runId",
  "command",
]);

export const arbitraryAck = message<Ack>({ commandId, outcome: commandOutcome, reason: text, seq: positive }, [
  "commandId",
  "outcome",
]);

export const arbitraryOptions = message<RunOptions>(
  {
    maxRefinements: fc.integer({ min: 0, max: 10 }),
    models: fc.dictionary(fc.constantFrom("review", "refinement", "documentation"), name, { noNullPrototype: true }),
    maxTokens: positive,
    maxCostUsd: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    gates: fc.array(name, { maxLength: 3 }),
    onAbandoned: fc.constantFrom("continue", "cancel"),
    priority: fc.constantFrom("normal", "low"),
  },
  [],
);

const parent = message<Parent>({ runId, fromStage: name, iteration: count }, ["runId", "fromStage"]);

const pipeline = message<PipelineInfo>(
  {
    id: name,
    title: text,
    stages: fc.array(
      message<PipelineInfo["stages"][number]>(
        {
          id: name,
          title: text,
          loop: message<{ max: number; review?: string }>({ max: count, review: name }, ["max"]),
          revises: name,
        },
        ["id", "title"],
      ),
      { maxLength: 3 },
    ),
  },
  ["id", "title", "stages"],
);

export const arbitraryStartInput = message<StartInput>(
  {
    task: text,
    pipeline: name,
    options: arbitraryOptions,
    parent,
    idempotencyKey: fc.string({ minLength: 1, maxLength: 200 }),
  },
  ["task"],
);

export const arbitraryStartResult = message<StartResult>({ runId, created: fc.boolean() }, ["runId", "created"]);

const status = fc.constantFrom("queued", "running", "paused", "completed", "cancelled", "failed");

export const arbitraryListInput = message<ListInput>(
  { status, limit: fc.integer({ min: 1, max: 200 }), cursor: fc.string({ maxLength: 100 }) },
  [],
);

export const arbitrarySummary = message<RunSummary>(
  {
    runId,
    status,
    title: text,
    pipeline: name,
    createdAt: at,
    updatedAt: at,
    stage: name,
    iteration: count,
    fraction: share,
    etaMs: amount,
    elapsedMs: amount,
    tokensPerSecond: amount,
    queuePosition: positive,
    usage: arbitraryUsage,
    costUsd: amount,
    parent,
  },
  ["runId", "status", "title", "pipeline", "createdAt", "updatedAt"],
);

const base = { runId, seq: positive, from: positive, at };
const step = { stage: name, iteration: count, attempt: positive };

/** Any event of each type, well formed by itself; for whole logs see `arbitraryLog`. */
export const arbitraryEvents: { [T in RunEventType]: fc.Arbitrary<Extract<RunEvent, { type: T }>> } = {
  run_start: message<Extract<RunEvent, { type: "run_start" }>>(
    { ...base, type: fc.constant("run_start"), task: text, pipeline, options: arbitraryOptions, parent },
    ["runId", "seq", "at", "type", "task", "pipeline", "options"],
  ),
  stage_start: message<Extract<RunEvent, { type: "stage_start" }>>(
    {
      ...base,
      ...step,
      type: fc.constant("stage_start"),
      model: name,
      cause: fc.constantFrom("next", "retry", "fallback", "recovered"),
      usage: arbitraryUsage,
    },
    ["runId", "seq", "at", "type", "stage", "iteration", "attempt", "model", "cause"],
  ),
  token: message<Extract<RunEvent, { type: "token" }>>(
    {
      ...base,
      ...step,
      type: fc.constant("token"),
      channel: fc.constantFrom("output", "reasoning"),
      offset: count,
      text,
    },
    ["runId", "seq", "at", "type", "stage", "iteration", "attempt", "channel", "offset", "text"],
  ),
  progress: message<Extract<RunEvent, { type: "progress" }>>(
    {
      ...base,
      type: fc.constant("progress"),
      phase: fc.constantFrom("queued", "waiting", "streaming", "retrying", "paused"),
      stage: name,
      iteration: count,
      elapsedMs: amount,
      stageElapsedMs: amount,
      tokens: count,
      tokensPerSecond: amount,
      firstTokenMs: amount,
      fraction: share,
      etaMs: amount,
      queuePosition: positive,
      costUsd: amount,
      message: text,
    },
    ["runId", "seq", "at", "type", "phase", "elapsedMs", "message"],
  ),
  stage_complete: message<Extract<RunEvent, { type: "stage_complete" }>>(
    {
      ...base,
      ...step,
      type: fc.constant("stage_complete"),
      outcome: fc.constantFrom("completed", "skipped", "cancelled", "failed"),
      output: text,
      reasoning: text,
      verdict: arbitraryVerdict,
      usage: arbitraryUsage,
      firstTokenMs: amount,
      durationMs: amount,
    },
    ["runId", "seq", "at", "type", "stage", "iteration", "attempt", "outcome", "output", "usage", "durationMs"],
  ),
  control: message<Extract<RunEvent, { type: "control" }>>(
    {
      ...base,
      type: fc.constant("control"),
      commandId,
      command: arbitraryCommand,
      by: text,
      outcome: commandOutcome,
      reason: text,
      stage: name,
      iteration: count,
    },
    ["runId", "seq", "at", "type", "commandId", "command", "by", "outcome"],
  ),
  error: message<Extract<RunEvent, { type: "error" }>>(
    {
      ...base,
      ...step,
      type: fc.constant("error"),
      code: text,
      message: text,
      retryable: fc.boolean(),
      fatal: fc.boolean(),
      retryInMs: amount,
      maxAttempts: positive,
      usage: arbitraryUsage,
    },
    ["runId", "seq", "at", "type", "code", "message", "retryable", "fatal"],
  ),
  run_complete: message<Extract<RunEvent, { type: "run_complete" }>>(
    {
      ...base,
      type: fc.constant("run_complete"),
      outcome: fc.constantFrom("completed", "cancelled", "failed"),
      output: text,
      usage: arbitraryUsage,
      costUsd: amount,
      durationMs: amount,
    },
    ["runId", "seq", "at", "type", "outcome", "usage", "durationMs"],
  ),
};
