import type { RunSummary } from "@stagewire/shared";
import { matchesWords, searchWords } from "../runs/search-runs";

/** The first `most` of `runs` that a search means; none for an empty search. Pure. */
export function findRuns(runs: readonly RunSummary[], query: string, most: number): RunSummary[] {
  const words = searchWords(query);
  const found: RunSummary[] = [];
  if (words.length === 0) return found;
  for (const run of runs) {
    if (matchesWords(run, words)) found.push(run);
    if (found.length === most) break;
  }
  return found;
}

/** True for what looks like the id of a run, whole. */
export function isRunId(text: string): boolean {
  return /^[0-9a-z]{10,64}$/.test(text);
}
