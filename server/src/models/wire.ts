import type { Usage } from "@stagewire/shared";
import type { ModelResult } from "./types.js";

/** One event of the stream, as loosely as servers send it. */
export interface WireChunk {
  readonly choices?: readonly WireChoice[] | null;
  readonly usage?: WireUsage | null;
}

interface WireChoice {
  readonly delta?: WireDelta | null;
  readonly finish_reason?: string | null;
}

export interface WireDelta {
  readonly content?: unknown;
  /** A refusal is what the model has to say instead. */
  readonly refusal?: unknown;
  /** DeepSeek, vLLM. */
  readonly reasoning_content?: unknown;
  /** OpenRouter, newer vLLM; some servers send both with the same text. */
  readonly reasoning?: unknown;
}

export interface WireUsage {
  readonly prompt_tokens?: unknown;
  readonly completion_tokens?: unknown;
  readonly prompt_tokens_details?: { readonly cached_tokens?: unknown } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: unknown } | null;
}

/** The usage that a server reported; `undefined` when it is not usable. */
export function toUsage(wire: WireUsage): Usage | undefined {
  const promptTokens = count(wire.prompt_tokens);
  const completionTokens = count(wire.completion_tokens);
  if (promptTokens === undefined || completionTokens === undefined) return undefined;
  const reasoningTokens = count(wire.completion_tokens_details?.reasoning_tokens);
  const cachedTokens = count(wire.prompt_tokens_details?.cached_tokens);
  return {
    promptTokens,
    completionTokens,
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(cachedTokens !== undefined && { cachedTokens }),
    estimated: false,
  };
}

/** A `finish_reason` as the engine knows it. */
export function toFinish(reason: string): ModelResult["finish"] {
  return reason === "stop" || reason === "length" || reason === "content_filter" ? reason : "other";
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
