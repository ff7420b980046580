import { type Version, versionsOf } from "@stagewire/client/documents";
import { type Finding, initialView, type RunView, type StepView } from "@stagewire/shared";
import { applyPatch } from "diff";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildDiff, type Diff } from "../../client/web/src/diff/build-diff.js";
import { answerFindings, reviewsBetween } from "../../client/web/src/diff/findings.js";
import { compareFor, compareNow, linesOf } from "../../client/web/src/diff/line-runs.js";
import { patchOf } from "../../client/web/src/diff/patch.js";
import { wordParts } from "../../client/web/src/diff/words.js";
import { REVIEW, REVIEW_1 } from "../../server/src/models/demo-answers/review.js";
import { IMPLEMENTATION, REFINEMENT_1, REFINEMENT_2 } from "../../server/src/models/demo-answers/implementation.js";
import { parseVerdict } from "../../server/src/pipelines/verdict.js";

/** A run whose texts are those of the demo model. */
const DEMO: RunView = {
  ...initialView("demo"),
  pipeline: {
    id: "build",
    title: "Build",
    stages: [
      { id: "implementation", title: "Implementation" },
      { id: "review", title: "Review" },
      { id: "refinement", title: "Refinement", revises: "implementation", loop: { max: 3, review: "review" } },
    ],
  },
  steps: [
    step("implementation", 0, IMPLEMENTATION),
    step("review", 0, REVIEW),
    step("refinement", 1, REFINEMENT_1),
    step("review", 1, REVIEW_1),
    step("refinement", 2, REFINEMENT_2),
  ],
};

function step(stage: string, iteration: number, output: string): StepView {
  const verdict = stage === "review" ? parseVerdict(output) : undefined;
  return {
    stage,
    iteration,
    attempt: 1,
    model: "some-model",
    cause: "next",
    status: "completed",
    startedAt: 1,
    attemptStartedAt: 1,
    attemptSeq: 1,
    output,
    reasoning: "",
    failures: 0,
    ...(verdict && { verdict }),
  };
}

const text = fc
  .array(fc.oneof(fc.constantFrom("a", "b", "c", "", "same", "```", "# x", "`a.ts`"), fc.string({ maxLength: 5 })), {
    maxLength: 40,
  })
  .map((lines) => lines.map((line) => line.replace(/[\r\n]/g, "")).join("\n"));

function diffOf(a: string, b: string): Diff {
  const [linesA, linesB] = [linesOf(a), linesOf(b)];
  return buildDiff(linesA, linesB, compareNow(linesA, linesB) ?? compareFor(linesA, linesB, 10_000));
}

describe("a diff", () => {
  test("has every line of both texts once and in order, under its number", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const diff = diffOf(a, b);
        const lines = diff.parts.flatMap((part) => part.lines);
        const left = lines.filter(({ kind }) => kind !== "ins");
        const right = lines.filter(({ kind }) => kind !== "del");
        expect(left.map((line) => line.text)).toEqual(linesOf(a));
        expect(right.map((line) => line.text)).toEqual(linesOf(b));
        expect(left.map((line) => line.a)).toEqual(left.map((_, index) => index + 1));
        expect(right.map((line) => line.b)).toEqual(right.map((_, index) => index + 1));
        expect(diff.added).toBe(lines.filter(({ kind }) => kind === "ins").length);
        expect(diff.removed).toBe(lines.filter(({ kind }) => kind === "del").length);
      }),
    );
  });

  test("folds only what is the same, and numbers the changes", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const { parts, hunks } = diffOf(a, b);
        expect(hunks.map(({ number }) => number)).toEqual(hunks.map((_, index) => index + 1));
        expect(parts.filter(({ type }) => type === "hunk")).toEqual(hunks);
        for (const [index, part] of parts.entries()) {
          if (part.type === "hunk") expect(part.added + part.removed).toBeGreaterThan(0);
          else expect(part.lines.every(({ kind }) => kind === "same")).toBe(true);
          expect(parts[index + 1]?.type).not.toBe(part.type);
        }
      }),
    );
  });

  test("as a patch turns the first text into the second", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [from, to] = [linesOf(a), linesOf(b)].map((lines) => lines.map((line) => `${line}\n`).join(""));
        const diff = diffOf(a, b);
        if (diff.hunks.length > 0) expect(applyPatch(from ?? "", patchOf(diff, "a", "b"))).toBe(to);
      }),
    );
  });

  test("texts that differ too much are compared roughly, and the page is told so", () => {
    const [a, b] = [
      ["head", ...many("a", 40_000), "tail"],
      ["head", ...many("b", 40_000), "tail"],
    ];
    expect(compareNow(a, b)).toBeUndefined();
    const rough = compareFor(a, b, 0);
    expect(rough).toEqual({
      exact: false,
      runs: [
        { kind: "same", count: 1 },
        { kind: "del", count: 40_000 },
        { kind: "ins", count: 40_000 },
        { kind: "same", count: 1 },
      ],
    });
    expect(buildDiff(a, b, rough)).toMatchObject({ exact: false, added: 40_000, removed: 40_000 });
  });

  test("says in which file or under which heading a change is", () => {
    const { hunks } = diffOf(IMPLEMENTATION, REFINEMENT_1);
    expect(hunks.map(({ place }) => place)).toEqual([
      { code: false },
      { title: "src/rate-limiter.ts", code: true },
      { title: "src/http.ts", code: true },
      { title: "test/rate-limiter.test.ts", code: true },
    ]);
  });
});

describe("the words of a changed line", () => {
  test("joined are the line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.option(fc.string({ unit: "binary" })), (line, other) => {
        const parts = wordParts(line, other ?? undefined);
        expect(parts.map((part) => part.text).join("")).toBe(line);
      }),
    );
  });

  test("stand out where the lines are alike, and not where they have nothing in common", () => {
    expect(wordParts("Math.ceil(a / 1000)", "Math.floor(a / 1000)").filter(({ changed }) => changed)).toEqual([
      { text: "ceil", changed: true },
    ]);
    expect(wordParts("return undefined;", "# Heading")).toEqual([{ text: "return undefined;", changed: false }]);
    expect(wordParts("x ".repeat(5_000), "y ".repeat(5_000))).toHaveLength(1);
  });
});

describe("findings and the changes that mention them", () => {
  test("lead to the code that answers them, in the demo's own reviews", () => {
    const [first, second, third] = versionsOf(DEMO);
    expect(answered(DEMO, first, second)).toEqual([
      ["The table of clients grows without a limit", "src/rate-limiter.ts"],
      ["A clock that is set back locks clients out", "src/rate-limiter.ts"],
      ["Retry-After is rounded down", "src/http.ts"],
    ]);
    expect(answered(DEMO, second, third)).toEqual([["maxClients is not checked", "src/rate-limiter.ts"]]);
    expect(answered(DEMO, first, third)).toHaveLength(4);
    expect(answered(DEMO, second, first)).toEqual([]);
  });

  test("say so where no change has a word of them", () => {
    const view = withFindings([
      { severity: "major", title: "Passwords are kept in plain text", detail: "Hash them.", where: "src/login.ts" },
      { severity: "minor", title: "The" },
    ]);
    const [first, second] = versionsOf(view);
    expect(answered(view, first, second)).toEqual([
      ["Passwords are kept in plain text", undefined],
      ["The", undefined],
    ]);
  });

  test("any finding is harmless", () => {
    const finding = fc.record({
      severity: fc.constantFrom("blocker" as const, "major" as const, "minor" as const),
      title: fc.string({ unit: "binary", minLength: 1 }),
      where: fc.string({ unit: "binary" }),
    });
    fc.assert(
      fc.property(fc.array(finding, { maxLength: 5 }), (findings) => {
        const view = withFindings(findings);
        const [first, second] = versionsOf(view);
        expect(answered(view, first, second)).toHaveLength(findings.length);
      }),
    );
  });
});

/** Each finding with the place of the first change that is told for it. */
function answered(view: RunView, a: Version | undefined, b: Version | undefined): (string | undefined)[][] {
  if (!a || !b) throw new Error("the run has too few versions");
  return answerFindings(reviewsBetween(view, a, b), diffOf(a.text, b.text)).map(({ finding, answers }) => [
    finding.title,
    answers[0]?.hunk.place.title,
  ]);
}

function many(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

function withFindings(findings: readonly Finding[]): RunView {
  const steps = DEMO.steps.map((each) =>
    each.verdict ? { ...each, verdict: { approved: false, findings: [...findings] } } : each,
  );
  return { ...DEMO, steps: steps.slice(0, 3) };
}
