import * as fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "../../server/src/engine/backoff.js";

const LONGEST_MS = 30_000;

test("each failure doubles the wait, up to 30 s, and chance makes it up to twice as long", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (failures) => {
      const least = Math.min(1_000 * 2 ** (failures - 1), LONGEST_MS);
      const waitMs = backoffMs(failures);
      expect(waitMs).toBeGreaterThanOrEqual(least);
      expect(waitMs).toBeLessThanOrEqual(Math.min(2 * least, LONGEST_MS));
    }),
  );
});

test("runs that failed together do not come back together", () => {
  const waits = Array.from({ length: 100 }, () => backoffMs(3));
  expect(new Set(waits).size).toBeGreaterThan(50);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(2_000);
});

test("it is never sooner than the model's server asked, however long that is", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(600_000), (failures, retryAfterMs) => {
      expect(backoffMs(failures, retryAfterMs)).toBeGreaterThanOrEqual(retryAfterMs);
    }),
  );
});
