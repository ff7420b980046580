import { nearest } from "@stagewire/shared";
import { applyPatch } from "diff";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMMAND_NAMES } from "../../client/cli/src/command-table.js";
import { createPaint } from "../../client/cli/src/render/paint.js";
import { diffLines, hunksOf } from "../../client/cli/src/render/text-diff.js";
import { commandLike, optionLike } from "../../client/cli/src/suggest.js";
import { readDollars, readSpeed, readTimeMs } from "../../client/cli/src/values.js";

describe("nearest", () => {
  test("gives a known word, itself for one that is known, and survives a typo", () => {
    const known = fc.uniqueArray(fc.stringMatching(/^[a-z]{4,12}$/), { minLength: 1, selector: (word) => word });
    fc.assert(
      fc.property(known, fc.nat(), fc.nat(), (words, pick, at) => {
        const word = words[pick % words.length] ?? "";
        expect(nearest(word, words)).toBe(word);
        const typo = word.slice(0, at % word.length) + word.slice((at % word.length) + 1);
        expect(words).toContain(nearest(typo, words));
      }),
    );
    expect(nearest("frobnicate", COMMAND_NAMES)).toBeUndefined();
  });

  test("finds what people mean who come from elsewhere, or write it differently", () => {
    expect(["ls", "logs", "kill", "status", "comp", "Watch"].map(commandLike)).toEqual([
      ...["list", "watch", "cancel", "show", "completion", "watch"],
    ]);
    expect(commandLike("constructor")).toBeUndefined();
    const options = ["refinements", "max-tokens", "max-cost-usd", "gate", "json"];
    expect(
      ["max-refinements", "maxTokens", "max_cost", "gates", "jsn", "x"].map((name) => optionLike(name, options)),
    ).toEqual(["refinements", "max-tokens", "max-cost-usd", "gate", "json", undefined]);
  });
});

describe("diff of two texts", () => {
  const text = fc.array(fc.constantFrom("", "a", "b", "a b", "日本", "-", "+x", "\\ No"), { maxLength: 30 });

  test("can be applied: it leads from the one to the other", () => {
    fc.assert(
      fc.property(text, text, (from, to) => {
        const [old, young] = [`${from.join("\n")}\n`, `${to.join("\n")}\n`];
        const hunks = hunksOf(old, young);
        expect(hunks.length === 0).toBe(old === young);
        const patch = diffLines({ from: "a", to: "b", hunks }, createPaint(false)).join("\n");
        if (hunks.length > 0) expect(applyPatch(old, `${patch}\n`)).toBe(young);
      }),
    );
  });

  test("marks the words that changed, and lets no control character through", () => {
    const lines = diffLines(
      { from: "a", to: "b", hunks: hunksOf("let a = 1;", "let a = \u001b[2J2;") },
      (style, said) => `<${style}>${said}</>`,
    );
    expect(lines.slice(3)).toEqual(["<red>-let a = <bold>1</>;</>", "<green>+let a = <bold>␛[2J2</>;</>"]);
  });
});

test("times, amounts and speeds are what people write, and nothing else", () => {
  expect(["90", "90s", "5m", "1.5h", "20ms"].map((given) => readTimeMs("timeout", given))).toEqual([
    ...[90_000, 90_000, 300_000, 5_400_000, 20],
  ]);
  expect(["2", "0.50", "$1.25", ".5"].map((given) => readDollars("max-cost-usd", given))).toEqual([2, 0.5, 1.25, 0.5]);
  expect(["1", "10x", "60×", "0.5"].map((given) => readSpeed("speed", given))).toEqual([1, 10, 60, 0.5]);
  for (const wrong of ["", "-1", "0", "1e3", "fast", "NaN", "Infinity", "1,5"]) {
    expect(() => readTimeMs("timeout", wrong)).toThrow(/--timeout is/);
    expect(() => readDollars("max-cost-usd", wrong)).toThrow(/--max-cost-usd is/);
    expect(() => readSpeed("speed", wrong)).toThrow(/--speed is/);
  }
});
