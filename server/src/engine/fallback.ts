import { type ErrorCode, ERROR_CODES, findStep, isErrorCode, type RunView } from "@stagewire/shared";
import type { Step } from "./next-step.js";

/** An attempt of a step that ended in an error. */
export interface FailedAttempt {
  readonly model: string;
  readonly code: string;
}

export interface AttemptRules {
  /** The step's own model, then those to fall back to, in this order. */
  readonly models: readonly [string, ...string[]];
  /** How often each of them is tried in one step. */
  readonly maxAttempts: number;
}

/** The model that is asked in an attempt, and why it is made. */
export interface Choice {
  readonly model: string;
  readonly cause: "next" | "retry" | "fallback" | "recovered";
}

/** Errors after which another model may do better. With the others (a refused key, a filtered prompt, a spent budget) it would not. */
const FALLS_BACK: ReadonlySet<string> = new Set<ErrorCode>([
  "MODEL_RATE_LIMITED",
  "MODEL_UNAVAILABLE",
  "MODEL_TIMEOUT",
  "MODEL_UNREACHABLE",
  "MODEL_NOT_FOUND",
  "MODEL_STREAM_CUT",
  "MODEL_BAD_RESPONSE",
]);

/**
 * What follows on the failed attempts of a step, oldest first: the same model again while that can help and it has
 * tries left, else the next one that was not asked yet; `undefined` when the step has failed for good. Pure.
 */
export function afterFailure(
  failed: readonly FailedAttempt[],
  { models, maxAttempts }: AttemptRules,
): Choice | undefined {
  const last = failed.at(-1);
  if (!last) return undefined;
  const tries = failed.filter(({ model }) => model === last.model).length;
  // A model that the settings do not name any more is not asked again.
  if (isRetryable(last.code) && tries < maxAttempts && models.includes(last.model)) {
    return { model: last.model, cause: "retry" };
  }
  if (!FALLS_BACK.has(last.code)) return undefined;
  const untried = models.find((name) => failed.every(({ model }) => model !== name));
  return untried === undefined ? undefined : { model: untried, cause: "fallback" };
}

/** How many attempts a step can come to at most, those that failed included: each model that is left may be tried to its limit. Pure. */
export function mostAttempts(failed: readonly FailedAttempt[], { models, maxAttempts }: AttemptRules): number {
  const tries = (model: string) => failed.filter((one) => one.model === model).length;
  const last = failed.at(-1);
  const left = models.map((model) => {
    if (model === last?.model) return isRetryable(last.code) ? Math.max(0, maxAttempts - tries(model)) : 0;
    return tries(model) === 0 ? maxAttempts : 0;
  });
  return left.reduce((sum, count) => sum + count, failed.length);
}

/** The model that `step` asks now, and why, from the folded log alone: crash recovery asks the same question. Pure. */
export function chooseAttempt(view: RunView, step: Step, rules: AttemptRules): Choice {
  const { stage, iteration, cause } = step;
  const [first] = rules.models;
  // Settings may have changed since the log promised another attempt.
  if (cause === "retry") return afterFailure(failedAttempts(view, step), rules) ?? { model: first, cause };
  const begun = cause === "recovered" ? findStep(view, stage, iteration)?.model : undefined;
  return { model: begun !== undefined && rules.models.includes(begun) ? begun : first, cause };
}

/** The attempts of a step that failed and were followed by another one. */
export function failedAttempts(
  view: RunView,
  at: { readonly stage: string; readonly iteration: number },
): FailedAttempt[] {
  return view.errors.flatMap(({ stage, iteration, retryInMs, model, code }) =>
    stage === at.stage && iteration === at.iteration && retryInMs !== undefined && model !== undefined
      ? [{ model, code }]
      : [],
  );
}

function isRetryable(code: string): boolean {
  return isErrorCode(code) && ERROR_CODES[code].retryable;
}
