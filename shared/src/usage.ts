import * as z from "zod";

const count = z.number().int().nonnegative();

/** Tokens that model calls used. `estimated` is true when any part was counted here and not by the model's server. */
export const usageSchema = z.object({
  promptTokens: count,
  completionTokens: count,
  reasoningTokens: count.exactOptional(),
  cachedTokens: count.exactOptional(),
  estimated: z.boolean(),
});
/** Tokens that model calls used. `estimated` is true when any part was counted here and not by the model's server. */
export type Usage = z.infer<typeof usageSchema>;
