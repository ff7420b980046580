import type { RunSummary } from "@stagewire/shared";

/** A search as it is compared: small letters, in words. */
export function searchWords(query: string): readonly string[] {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

/** True when each of `words` is somewhere in the run's title, or begins its id. Pure. */
export function matchesWords(run: RunSummary, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const title = run.title.toLowerCase();
  const id = run.runId.toLowerCase();
  return words.every((word) => title.includes(word) || id.startsWith(word));
}
