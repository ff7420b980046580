import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatClock, formatDuration } from "../../client/web/src/lib/format.js";

test("durations, as the page tells them", () => {
  expect([0, 49, 840, 9_999, 10_000, 59_999, 134_000].map(formatDuration)).toEqual([
    "0.0 s",
    "0.0 s",
    "0.8 s",
    "9.9 s",
    "10 s",
    "59 s",
    "2 min 14 s",
  ]);
});

test("a duration in words and the clock beside it are the same second", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_599_999 }), (ms) => {
      const [, minutes, seconds] = /^(?:(\d+) min )?(\d+)(?:\.\d)? s$/.exec(formatDuration(ms)) ?? [];
      const pad = (part = "0") => part.padStart(2, "0");
      expect(`${pad(minutes)}:${pad(seconds)}`).toBe(formatClock(ms));
    }),
  );
});
