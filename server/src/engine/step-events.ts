import {
  activeStep,
  type EventBody,
  NO_USAGE,
  reduce,
  type RunView,
  type StagewireError,
  type StepView,
  type Usage,
} from "@stagewire/shared";
import type { ModelResult } from "../models/types.js";
import type { Pipeline } from "../pipelines/types.js";
import { parseVerdict } from "../pipelines/verdict.js";
import type { Attempt, Interruption } from "./attempt.js";
import { backoffMs } from "./backoff.js";
import { costUsd, type Prices } from "./cost.js";
import { afterFailure, type AttemptRules, failedAttempts, mostAttempts } from "./fallback.js";
import { type Position, runOutput, stageOf } from "./next-step.js";
import type { Stopwatch } from "./stopwatch.js";
import { estimateUsage } from "./usage.js";

type StageComplete = Extract<EventBody, { type: "stage_complete" }>;
type Outcome = "completed" | "cancelled" | "failed";

/** What a run is worked by. */
export interface Terms {
  readonly pipeline: Pipeline;
  readonly prices: Prices;
  /** Since `run_start`. */
  readonly elapsedMs: Stopwatch;
}

/** The event that begins an attempt. One that voids what a crash cut off tells what that had used: nobody else can. */
export function stageStart(view: RunView, { step, modelName, messages }: Attempt): EventBody {
  const { stage, iteration, attempt, cause } = step;
  const cut = activeStep(view);
  const usage = cause === "recovered" && cut && usageOfCut(cut, messages);
  return { type: "stage_start", stage, iteration, attempt, model: modelName, cause, ...(usage && { usage }) };
}

/** How a finished call is told: the step's end, and before it what is to be said about it. Call it after every token was folded. */
export function completedEvents(
  { pipeline }: Terms,
  view: RunView,
  attempt: Attempt,
  result: ModelResult,
): EventBody[] {
  const ended = stageComplete(view, attempt.step, "completed", attempt, result.usage);
  const events: EventBody[] = [];
  if (result.finish === "length") {
    events.push(
      notice(attempt, "MODEL_OUTPUT_TRUNCATED", "The model stopped at its length limit: this output is cut off."),
    );
  }
  if (!stageOf(pipeline, attempt.step.stage)?.verdict) return [...events, ended];
  const verdict = parseVerdict(ended.output);
  if (verdict) return [...events, { ...ended, verdict }];
  events.push(
    notice(
      attempt,
      "VERDICT_MALFORMED",
      "The review did not end in a verdict that can be read: it counts as not approved.",
    ),
  );
  return [...events, ended];
}

/** How an interrupted step and, with `ends`, its run are told. Without an `attempt` the step was about to be begun again. */
export function interruptedEvents(
  terms: Terms,
  view: RunView,
  { control, outcome, ends }: Interruption,
  attempt?: Attempt,
): EventBody[] {
  const step = activeStep(view);
  const ended = step && stageComplete(view, step, outcome, attempt);
  return [
    control,
    ...(ended ? [ended] : []),
    ...(ends ? [runComplete(terms, ended ? foldBody(view, ended) : view, "cancelled")] : []),
  ];
}

/** How a failed call is told: another attempt to come, of this model or another, or the end of step and run. */
export function failedEvents(
  terms: Terms,
  view: RunView,
  attempt: Attempt,
  error: StagewireError,
  rules: AttemptRules,
): { events: EventBody[]; retryInMs?: number } {
  const step = activeStep(view);
  const model = attempt.modelName;
  const failed = [...failedAttempts(view, attempt.step), { model, code: error.code }];
  const next = afterFailure(failed, rules);
  const { stage, iteration } = attempt.step;
  const body = {
    type: "error" as const,
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    stage,
    iteration,
    attempt: attempt.step.attempt,
  };
  if (next) {
    const failures = failed.filter((one) => one.model === model).length;
    // Another model has not asked anybody to wait.
    const retryInMs = next.cause === "retry" ? backoffMs(failures, error.retryAfterMs) : 0;
    const usage = step && usageOfCut(step, attempt.messages);
    const maxAttempts = mostAttempts(failed, rules);
    return { events: [{ ...body, fatal: false, retryInMs, maxAttempts, ...(usage && { usage }) }], retryInMs };
  }
  const ended = stageComplete(view, attempt.step, "failed", attempt);
  return { events: [{ ...body, fatal: true }, ended, runComplete(terms, foldBody(view, ended), "failed")] };
}

/** The run's last event. `view` holds everything before it. */
export function runComplete({ pipeline, prices, elapsedMs }: Terms, view: RunView, outcome: Outcome): EventBody {
  const cost = costUsd(view.usageByModel, prices);
  return {
    type: "run_complete",
    outcome,
    ...(outcome === "completed" && { output: runOutput(pipeline, view) }),
    usage: view.usage,
    ...(cost !== undefined && { costUsd: cost }),
    durationMs: elapsedMs(),
  };
}

/** `view` with an event that is not in the log yet. */
function foldBody(view: RunView, body: EventBody): RunView {
  return reduce(view, { ...body, runId: view.runId, seq: view.seq + 1, at: view.updatedAt });
}

/** What a call that broke off had used. One that wrote nothing was most likely refused, and costs nothing. */
function usageOfCut({ status, output, reasoning }: StepView, messages: Attempt["messages"]): Usage | undefined {
  if (status !== "running" || output.length + reasoning.length === 0) return undefined;
  return estimateUsage(messages, output.length, reasoning.length);
}

function stageComplete(
  view: RunView,
  { stage, iteration }: Position,
  outcome: StageComplete["outcome"],
  attempt?: Attempt,
  reported?: Usage,
): StageComplete {
  const step = activeStep(view);
  const output = step?.output ?? "";
  const reasoning = step?.reasoning ?? "";
  // While a retry waits, the latest attempt in the log is the one before `attempt`, and has told what it used.
  const told = step?.status === "retrying";
  const firstTokenMs = attempt?.firstTokenMs();
  const refused = outcome === "failed" && output.length + reasoning.length === 0;
  const estimated = told || refused ? { ...NO_USAGE, estimated: true } : undefined;
  return {
    type: "stage_complete",
    stage,
    iteration,
    attempt: step?.attempt ?? 1,
    outcome,
    output,
    ...(reasoning && { reasoning }),
    usage: reported ?? estimated ?? estimateUsage(attempt?.messages ?? [], output.length, reasoning.length),
    ...(firstTokenMs !== undefined && { firstTokenMs }),
    durationMs: attempt?.elapsedMs() ?? 0,
  };
}

function notice({ step }: Attempt, code: "MODEL_OUTPUT_TRUNCATED" | "VERDICT_MALFORMED", message: string): EventBody {
  const { stage, iteration, attempt } = step;
  return { type: "error", code, message, retryable: false, fatal: false, stage, iteration, attempt };
}
