import { retryPlace, type RunView, type StepView } from "@stagewire/client";
import { initialView } from "@stagewire/shared";
import { expect, test } from "vitest";

const PIPELINE: RunView["pipeline"] = {
  id: "build",
  title: "Build",
  stages: [
    { id: "draft", title: "Draft" },
    { id: "review", title: "Review" },
    { id: "refine", title: "Refine", loop: { max: 2, review: "review" }, revises: "draft" },
    { id: "final", title: "Final" },
  ],
};

function step(stage: string, iteration = 0, change: Partial<StepView> = {}): StepView {
  return {
    stage,
    iteration,
    attempt: 1,
    model: "m",
    cause: "next",
    status: "completed",
    startedAt: 1,
    attemptSeq: 1,
    attemptStartedAt: 1,
    output: "",
    reasoning: "",
    failures: 0,
    ...change,
  };
}

const APPROVED: Partial<StepView> = { verdict: { approved: true, summary: "", findings: [] } };
const NOT_APPROVED: Partial<StepView> = { verdict: { approved: false, summary: "", findings: [] } };

test.each<[string, StepView[], Partial<RunView>, string, number]>([
  ["nothing had begun", [], {}, "draft", 0],
  ["a step was cancelled", [step("draft"), step("review", 0, { status: "cancelled" })], {}, "review", 0],
  ["a step failed", [step("draft", 0, { status: "failed" })], { status: "failed" }, "draft", 0],
  ["it completed", [step("draft"), step("review", 0, APPROVED), step("final")], { status: "completed" }, "final", 0],
  ["between two stages", [step("draft")], {}, "review", 0],
  ["before the loop", [step("review", 0, NOT_APPROVED)], {}, "refine", 1],
  ["an approval", [step("review", 0, APPROVED)], {}, "final", 0],
  ["no refinement wanted", [step("review", 0, NOT_APPROVED)], { options: { maxRefinements: 0 } }, "final", 0],
  ["the loop was to be skipped", [step("review", 0, NOT_APPROVED)], { lastIteration: 0 }, "final", 0],
  ["a refinement", [step("refine", 1)], {}, "review", 1],
  ["a skipped refinement", [step("refine", 1, { status: "skipped" })], {}, "refine", 2],
  ["a re-review", [step("review", 1, NOT_APPROVED)], {}, "refine", 2],
  ["the last re-review", [step("review", 2, NOT_APPROVED)], {}, "final", 0],
  ["the last stage", [step("final")], {}, "final", 0],
])("after %s", (_what, steps, change, stage, iteration) => {
  const view: RunView = { ...initialView("k3f9"), status: "cancelled", pipeline: PIPELINE, steps, ...change };
  expect(retryPlace(view)).toEqual({ stage, iteration });
});

test("a run without stages has none", () => {
  expect(retryPlace(initialView("k3f9"))).toBeUndefined();
});
