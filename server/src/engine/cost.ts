import { type ModelUsage, type RunOptions, StagewireError, type Usage } from "@stagewire/shared";

/** What a model's tokens cost, in US dollars a million. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Of prompt tokens that the model's server had cached. @default `input` */
  readonly cachedInput?: number | undefined;
}

/** Prices by model name. */
export type Prices = Readonly<Record<string, Price>>;

const MILLION = 1_000_000;

/** The price of `model`, if it is known. */
export function priceOf(prices: Prices, model: string): Price | undefined {
  return Object.hasOwn(prices, model) ? prices[model] : undefined;
}

/** What a run cost so far, in US dollars; `undefined` while any model that was used has no price. Pure. */
export function costUsd(used: readonly ModelUsage[], prices: Prices): number | undefined {
  let sum = 0;
  for (const { model, usage } of used) {
    const price = priceOf(prices, model);
    if (!price) return undefined;
    sum += cost(usage, price);
  }
  return used.length === 0 ? undefined : Math.round(sum * MILLION) / MILLION;
}

function cost({ promptTokens, completionTokens, cachedTokens = 0 }: Usage, price: Price): number {
  const cached = Math.min(cachedTokens, promptTokens);
  const input = (promptTokens - cached) * price.input + cached * (price.cachedInput ?? price.input);
  return (input + completionTokens * price.output) / MILLION;
}

/** The error that ends a run which used up its budget; `undefined` while it has not. Pure. */
export function budgetError(
  { maxTokens, maxCostUsd }: RunOptions,
  used: readonly ModelUsage[],
  prices: Prices,
): StagewireError | undefined {
  const tokens = used.reduce((sum, { usage }) => sum + usage.promptTokens + usage.completionTokens, 0);
  if (maxTokens !== undefined && tokens > maxTokens) {
    return exceeded(`The run reached its budget of ${maxTokens.toLocaleString("en-US")} tokens (options.maxTokens)`);
  }
  const spent = maxCostUsd === undefined ? undefined : costUsd(used, prices);
  if (maxCostUsd !== undefined && spent !== undefined && spent > maxCostUsd) {
    return exceeded(`The run reached its budget of ${maxCostUsd} US dollars (options.maxCostUsd)`);
  }
  return undefined;
}

function exceeded(what: string): StagewireError {
  return new StagewireError("BUDGET_EXCEEDED", `${what}: fork it from where it stands with a higher one.`);
}
