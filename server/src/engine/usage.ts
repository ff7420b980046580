import type { Usage } from "@stagewire/shared";
import type { Message } from "../models/types.js";

/** UTF-16 units a token has on average in English text and code; only used where the model's server counted nothing. */
const UNITS_PER_TOKEN = 4;

/** Usage of a model call that reported none, by the length of its texts. Pure. */
export function estimateUsage(messages: readonly Message[], outputLength: number, reasoningLength: number): Usage {
  const reasoningTokens = tokens(reasoningLength);
  return {
    promptTokens: tokens(messages.reduce((sum, message) => sum + message.content.length, 0)),
    completionTokens: tokens(outputLength) + reasoningTokens,
    ...(reasoningTokens > 0 && { reasoningTokens }),
    estimated: true,
  };
}

function tokens(length: number): number {
  return Math.ceil(length / UNITS_PER_TOKEN);
}
