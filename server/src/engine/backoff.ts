import retry from "retry";

/** Ms to wait before attempt `failures + 1`: exponential from 1 s to 30 s with jitter, and never sooner than the other side asked. */
export function backoffMs(failures: number, retryAfterMs = 0): number {
  const delay = retry.createTimeout(Math.max(0, failures - 1), {
    factor: 2,
    minTimeout: 1_000,
    maxTimeout: 30_000,
    randomize: true,
  });
  return Math.max(Math.round(Math.min(delay, 30_000)), retryAfterMs);
}
