import { type ErrorView, type RunView, type StepView, stepKey, type Verdict } from "@stagewire/shared";
import { formatCost, formatCount, formatDuration, formatTime, formatTokens } from "../lib/format";
import { guidanceOf, type Guidance } from "../run/guidance";
import { STATE_WORDS } from "../ui/states";

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** One attempt of a step, as far as the run's view holds it. */
export interface AttemptFact {
  readonly attempt: number;
  /** The model, where it is known. */
  readonly model?: string;
  readonly text: string;
}

/** The measured figures of a step, those that are known. `now` is Unix ms by the server's clock. Pure. */
export function timesOf(view: RunView, step: StepView, now: number): Fact[] {
  const { startedAt, completedAt, durationMs, attempt } = step;
  const mine = view.progress?.stage === step.stage && view.progress.iteration === step.iteration;
  const live = mine && step.status === "running" ? view.progress : undefined;
  const firstTokenMs = step.firstTokenMs ?? live?.firstTokenMs;
  const facts: Fact[] = [
    { name: "Started", value: formatTime(startedAt) },
    {
      name: completedAt === undefined ? "Running for" : "Took",
      value: formatDuration(Math.max(0, (completedAt ?? now) - startedAt)),
    },
  ];
  if (attempt > 1 && durationMs !== undefined) {
    facts.push({ name: "Last attempt took", value: formatDuration(durationMs) });
  }
  if (firstTokenMs !== undefined) facts.push({ name: "Time to first token", value: formatDuration(firstTokenMs) });
  const rate = live?.tokensPerSecond ?? rateOf(step);
  if (rate !== undefined) facts.push({ name: "Rate", value: `${formatCount(rate)} tokens/s` });
  return facts;
}

/** Tokens a second from the first one on. What several attempts wrote is told as one sum, so then it is not known. Pure. */
function rateOf({ attempt, usage, durationMs, firstTokenMs }: StepView): number | undefined {
  if (attempt > 1 || !usage || usage.estimated || durationMs === undefined || firstTokenMs === undefined)
    return undefined;
  const writingMs = durationMs - firstTokenMs;
  return writingMs < 500 ? undefined : (usage.completionTokens * 1_000) / writingMs;
}

/** What the step used, every attempt that has ended together. Pure. */
export function usageFacts({ usage }: StepView): Fact[] {
  // Where no model was called there is nothing to tell.
  if (!usage || usage.promptTokens + usage.completionTokens === 0) return [];
  const fact = (name: string, tokens: number | undefined): Fact[] =>
    tokens === undefined ? [] : [{ name, value: formatTokens(tokens, usage.estimated) }];
  return [
    ...fact("Prompt tokens", usage.promptTokens),
    ...fact("of them cached", usage.cachedTokens),
    ...fact("Written tokens", usage.completionTokens),
    ...fact("of them reasoning", usage.reasoningTokens),
  ];
}

/** What the run was started with, as far as it was set. Pure. */
export function settingsOf({ options, pipeline, costUsd, progress }: RunView, stage: string): Fact[] {
  const cost = costUsd ?? progress?.costUsd;
  const titles = options.gates?.map((gate) => pipeline.stages.find(({ id }) => id === gate)?.title ?? gate);
  const model = options.models && Object.hasOwn(options.models, stage) ? options.models[stage] : undefined;
  const facts: (readonly [name: string, value: string | undefined])[] = [
    ["Pipeline", pipeline.title],
    ["Model set for this stage", model],
    ["Refinements at most", options.maxRefinements === undefined ? undefined : String(options.maxRefinements)],
    ["Gates before", titles && titles.length > 0 ? titles.join(", ") : undefined],
    ["Tokens at most", options.maxTokens === undefined ? undefined : formatCount(options.maxTokens)],
    ["Cost at most", options.maxCostUsd === undefined ? undefined : `$${options.maxCostUsd}`],
    ["When nobody watches", options.onAbandoned === "cancel" ? "the run is cancelled" : undefined],
    ["When others wait for a place", options.priority === "low" ? "they go first" : undefined],
    ["Cost of the run so far", cost === undefined ? undefined : formatCost(cost)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** Every attempt of a step and how it ended. Pure. */
export function attemptFacts(view: RunView, step: StepView): AttemptFact[] {
  const errors = errorsOf(view, step);
  return Array.from({ length: step.attempt }, (_, index): AttemptFact => {
    const attempt = index + 1;
    const error = errors.find((one) => one.attempt === attempt && (one.fatal || one.retryInMs !== undefined));
    const model = error?.model ?? (attempt === step.attempt ? step.model : undefined);
    const named = { attempt, ...(model !== undefined && { model }) };
    if (error) {
      const then = error.retryInMs === undefined ? "" : `; the next one ${nextIn(error.retryInMs)}`;
      return { ...named, text: `failed, ${error.code}: ${error.message}${then}` };
    }
    return {
      ...named,
      text: attempt < step.attempt ? "cut off when the server stopped" : STATE_WORDS[step.status].toLowerCase(),
    };
  });
}

function nextIn(ms: number): string {
  return ms === 0 ? "at once" : `after ${formatDuration(ms)}`;
}

/** What was said about a step without ending an attempt. Pure. */
export function noticesOf(view: RunView, step: StepView): readonly ErrorView[] {
  return errorsOf(view, step).filter(({ fatal, retryInMs }) => !fatal && retryInMs === undefined);
}

function errorsOf({ errors }: RunView, { stage, iteration }: StepView): readonly ErrorView[] {
  return errors.filter((error) => error.stage === stage && (error.iteration ?? 0) === iteration);
}

/** The guidance that was in the step's prompt. Pure. */
export function guidanceFor(view: RunView, step: StepView): Guidance[] {
  return guidanceOf(view).filter(({ at }) => at <= step.attemptStartedAt);
}

/** What a review found; for the step that revises, what the review before it had found. Pure. */
export function findingsFor(
  view: RunView,
  step: StepView,
): { readonly of: "this" | "before"; readonly verdict: Verdict } | undefined {
  if (step.verdict) return { of: "this", verdict: step.verdict };
  if (!view.pipeline.stages.some(({ id, loop }) => id === step.stage && loop)) return undefined;
  const key = stepKey(step.stage, step.iteration);
  const until = view.steps.findIndex(({ stage, iteration }) => stepKey(stage, iteration) === key);
  const verdict = view.steps.slice(0, until).findLast((earlier) => earlier.verdict)?.verdict;
  return verdict && { of: "before", verdict };
}
