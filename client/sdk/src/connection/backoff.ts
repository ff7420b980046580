const FIRST_MS = 250;

/**
 * Ms to wait before a try; `attempt` counts from 0. The first try comes within 250 ms, the others within a bound that
 * doubles up to `maxMs`, anywhere below it: clients of a server that restarts don't come back all at once.
 */
export function retryDelayMs(attempt: number, maxMs: number, random: () => number = Math.random): number {
  return Math.round(random() * Math.min(maxMs, FIRST_MS * 2 ** Math.min(attempt, 20)));
}
