import { expect, test } from "vitest";
import { budgetError, costUsd } from "../../server/src/engine/cost.js";

const prices = { small: { input: 1, output: 2 }, cached: { input: 10, output: 20, cachedInput: 1 } };
const used = (model: string, promptTokens: number, completionTokens: number, cachedTokens?: number) => ({
  model,
  usage: {
    promptTokens,
    completionTokens,
    ...(cachedTokens !== undefined && { cachedTokens }),
    estimated: false,
  },
});

test("a cost is the sum over models, by a million tokens", () => {
  expect(costUsd([used("small", 1_000_000, 500_000)], prices)).toBe(2);
  expect(costUsd([used("small", 1_000_000, 0), used("cached", 0, 100_000)], prices)).toBe(3);
  expect(costUsd([used("cached", 1_000_000, 0, 900_000)], prices)).toBe(1.9);
});

test("nobody knows what a run cost while a model that was used has no price, or nothing was used", () => {
  expect(costUsd([used("small", 1, 1), used("other", 1, 1)], prices)).toBeUndefined();
  expect(costUsd([used("constructor", 1, 1)], prices)).toBeUndefined();
  expect(costUsd([], prices)).toBeUndefined();
});

test("a budget is used up by more than it allows, and the error names it", () => {
  const spent = [used("small", 600_000, 400_000)];
  expect(budgetError({}, spent, prices)).toBeUndefined();
  expect(budgetError({ maxTokens: 1_000_000 }, spent, prices)).toBeUndefined();
  expect(budgetError({ maxTokens: 999_999 }, spent, prices)?.message).toContain("999,999 tokens (options.maxTokens)");
  expect(budgetError({ maxCostUsd: 1.4 }, spent, prices)).toBeUndefined();
  expect(budgetError({ maxCostUsd: 1.39 }, spent, prices)).toMatchObject({ code: "BUDGET_EXCEEDED" });
  expect(budgetError({ maxCostUsd: 1.39 }, spent, prices)?.message).toContain("1.39 US dollars (options.maxCostUsd)");
});
