/** The longest `Retry-After` that is believed, in ms. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1_000;

/** What a `Retry-After` says in ms from `now` (Unix ms), seconds or date; `undefined` where it says nothing. */
export function retryAfterMs(value: string, now: number): number | undefined {
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number.parseFloat(value) * 1_000 : Date.parse(value) - now;
  return believed(ms);
}

/** As far as it is a number, and one that makes sense. */
export function believed(ms: number): number | undefined {
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS) : undefined;
}
