import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatClock, formatDuration, formatTokens, pluralTokens } from "../../client/web/src/lib/format.js";

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

test("tokens that were estimated are told as roughly as they are known", () => {
  expect([0, 1, 74, 742, 4_557, 13_449].map((tokens) => formatTokens(tokens, true))).toEqual([
    "0",
    "about 1",
    "about 74",
    "about 740",
    "about 4,600",
    "about 13,000",
  ]);
  expect(formatTokens(13_449, false)).toBe("13,449");
  expect([pluralTokens(1, false), pluralTokens(742, true)]).toEqual(["1 token", "about 740 tokens"]);
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
