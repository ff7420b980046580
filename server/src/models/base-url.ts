/** Where OpenAI's own API is. */
export const OPENAI_BASE_URL = "https://api.openai.com/v1";

/** A key as it may be shown: its last four characters, and none of a key so short that these would give it away. */
export function maskKey(apiKey: string): string {
  return apiKey.length < 12 ? "…" : `…${apiKey.slice(-4)}`;
}
