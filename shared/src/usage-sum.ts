import type { Usage } from "./usage.js";

/** What one model was used for. */
export interface ModelUsage {
  readonly model: string;
  readonly usage: Usage;
}

/** No tokens at all. */
export const NO_USAGE: Usage = { promptTokens: 0, completionTokens: 0, estimated: false };

/** Adds two usages; the sum is estimated when either is. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    estimated: a.estimated || b.estimated,
  };
  if (a.reasoningTokens !== undefined || b.reasoningTokens !== undefined) {
    sum.reasoningTokens = (a.reasoningTokens ?? 0) + (b.reasoningTokens ?? 0);
  }
  if (a.cachedTokens !== undefined || b.cachedTokens !== undefined) {
    sum.cachedTokens = (a.cachedTokens ?? 0) + (b.cachedTokens ?? 0);
  }
  return sum;
}

/** Adds `usage` to what `model` was used for; models stay in the order in which they were first used. */
export function addModelUsage(used: readonly ModelUsage[], model: string, usage: Usage): readonly ModelUsage[] {
  if (!used.some((entry) => entry.model === model)) return [...used, { model, usage }];
  return used.map((entry) => (entry.model === model ? { model, usage: addUsage(entry.usage, usage) } : entry));
}
