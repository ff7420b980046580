import { buildPipeline, definePipeline } from "@stagewire/server";
import { type Command, initialView, reduce, type RunOptions } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loopPosition, nextStep, promptContext, remainingSteps } from "../../server/src/engine/next-step.js";
import { type SimulatedRun, simulateRun } from "../support/simulated-run.js";
import "../support/seed.js";

const LOOP = ["refinement 1", "review 1", "refinement 2", "review 2", "refinement 3", "review 3"];
const FRONT = ["architecture 0", "implementation 0", "review 0"];
const place = ({ stage, iteration }: { stage: string; iteration: number }) => `${stage} ${iteration}`;
const remaining = (run: SimulatedRun) => remainingSteps(buildPipeline, run.view).map(place);
const next = (run: SimulatedRun) => nextStep(buildPipeline, run.view);

/** Ends steps until `before` is next. */
function advance(run: SimulatedRun, before: string): SimulatedRun {
  while (remaining(run)[0] !== before) {
    expect(run.begin()).toBe(true);
    run.end(false);
  }
  return run;
}

describe("next step", () => {
  test("goes through the pipeline, and ends it", () => {
    const run = simulateRun(buildPipeline);
    expect(remaining(run)).toEqual([...FRONT, ...LOOP, "documentation 0"]);
    const ran: string[] = [];
    for (;;) {
      const step = next(run);
      if (step.type !== "step") break;
      expect(step).toMatchObject({ attempt: 1, cause: "next" });
      ran.push(place(step));
      run.begin();
      run.end(place(step) === "review 2");
    }
    expect(ran).toEqual([...FRONT, ...LOOP.slice(0, 4), "documentation 0"]);
    expect(next(run)).toEqual({ type: "done", outcome: "completed", closed: false });
    run.close();
    expect(next(run)).toEqual({ type: "done", outcome: "completed", closed: true });
  });

  test.each([
    [{ maxRefinements: 0 }, [...FRONT, "documentation 0"]],
    [{ maxRefinements: 1 }, [...FRONT, ...LOOP.slice(0, 2), "documentation 0"]],
    [{}, [...FRONT, ...LOOP, "documentation 0"]],
  ] satisfies [RunOptions, string[]][])("with the options %j", (options, steps) => {
    expect(remaining(simulateRun(buildPipeline, options))).toEqual(steps);
  });

  test("a step that was begun is begun again, as what the log shows", () => {
    const run = simulateRun(buildPipeline);
    run.begin();
    expect(next(run)).toMatchObject({ stage: "architecture", attempt: 2, cause: "recovered" });
    run.fail(true);
    expect(next(run)).toMatchObject({ stage: "architecture", attempt: 2, cause: "retry" });
    run.begin();
    run.fail(false);
    expect(next(run)).toEqual({ type: "done", outcome: "failed", closed: true });
  });

  test("waits at gates and pauses, but not in the middle of a step", () => {
    const run = simulateRun(buildPipeline, { gates: ["architecture", "refinement"] });
    expect(next(run)).toEqual({ type: "wait", why: "gate", stage: "architecture", iteration: 0 });
    run.command({ type: "resume" });
    expect(next(run)).toMatchObject({ type: "step", stage: "architecture" });
    run.begin();
    run.command({ type: "pause" });
    expect(next(run)).toMatchObject({ type: "step", cause: "recovered" });
    run.end(false);
    expect(next(run)).toMatchObject({ type: "wait", why: "paused", stage: "implementation" });
    run.command({ type: "resume" });
    advance(run, "refinement 1");
    expect(next(run)).toMatchObject({ type: "wait", why: "gate", stage: "refinement", iteration: 1 });
    run.command({ type: "resume" });
    advance(run, "refinement 2");
    expect(next(run)).toMatchObject({ type: "wait", why: "gate", stage: "refinement", iteration: 2 });
  });

  test("says where the loop is", () => {
    const where = (before: string) => loopPosition(buildPipeline, advance(simulateRun(buildPipeline), before).view);
    expect(where("architecture 0")).toEqual({ where: "before" });
    expect(where("review 0")).toEqual({ where: "before" });
    expect(where("refinement 1")).toEqual({ where: "inside", iteration: 1, last: 3 });
    expect(where("review 2")).toEqual({ where: "inside", iteration: 2, last: 3 });
    expect(where("documentation 0")).toEqual({ where: "past" });
    const plain = definePipeline({ id: "one", title: "One", stages: [{ id: "say", title: "Say", prompt: () => [] }] });
    expect(loopPosition(plain, simulateRun(plain).view)).toEqual({ where: "none" });
  });

  test("a prompt takes accepted outputs only", () => {
    const run = advance(simulateRun(buildPipeline), "refinement 2");
    const accepted = promptContext(buildPipeline, run.view, { stage: "refinement", iteration: 2 });
    expect(accepted.outputs).toMatchObject({
      architecture: "architecture 0",
      implementation: "refinement 1",
      review: "review 1",
    });
    run.begin();
    run.command({ type: "skip", target: "iteration", when: "now" });
    const after = promptContext(buildPipeline, run.view, { stage: "refinement", iteration: 3 });
    expect(after.outputs["implementation"]).toBe("refinement 1");
    expect(after.verdict).toMatchObject({ approved: false });
  });
});

const arbitraryCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constant("skip" as const),
    target: fc.constantFrom("iteration" as const, "remaining" as const),
    when: fc.constantFrom("now" as const, "after_iteration" as const),
  }),
  fc.constantFrom<Command>({ type: "pause" }, { type: "resume" }, { type: "resume" }, { type: "guide", text: "x" }),
  fc.record({ type: fc.constant("cancel" as const), when: fc.constantFrom("now" as const, "after_stage" as const) }),
);
type Act = "begin" | "approve" | "revise" | "retry" | "fail" | Command;
const arbitraryActs: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Act>("begin", "revise", "begin", "revise", "approve", "retry") },
    { weight: 2, arbitrary: arbitraryCommand },
    { weight: 1, arbitrary: fc.constant<Act>("fail") },
  ),
  { maxLength: 40, size: "max" },
);
const arbitraryOptions = fc.record(
  { maxRefinements: fc.nat(4), gates: fc.subarray(["architecture", "review", "refinement", "documentation"]) },
  { requiredKeys: [], noNullPrototype: true },
);

function act(run: SimulatedRun, what: Act): void {
  if (typeof what === "object") return void run.command(what);
  if (what === "begin") run.begin();
  else if (what === "retry") run.fail(true);
  else if (what === "fail") run.fail(false);
  else run.end(what === "approve");
}

describe("whatever happens to a run", () => {
  test("it never gets stuck: resumed and left alone it ends, within the steps that were left", () => {
    fc.assert(
      fc.property(arbitraryOptions, arbitraryActs, (options, acts) => {
        const run = simulateRun(buildPipeline, options);
        for (const what of acts) act(run, what);
        let left = remaining(run).length;
        while (!run.close()) {
          if (next(run).type === "wait") expect(run.command({ type: "resume" }).outcome).toBe("applied");
          expect(run.begin()).toBe(true);
          run.end(false);
          expect(remaining(run).length).toBeLessThan(left);
          left = remaining(run).length;
        }
        expect(run.events.filter(({ type }) => type === "run_complete")).toHaveLength(1);
        expect(run.events.at(-1)?.type).toBe("run_complete");
      }),
      { numRuns: 300 },
    );
  });

  test("folding the log anew, after a crash at any event, asks for the same step", () => {
    fc.assert(
      fc.property(arbitraryOptions, arbitraryActs, (options, acts) => {
        const run = simulateRun(buildPipeline, options);
        for (const what of acts) {
          const before = next(run);
          expect(
            nextStep(
              buildPipeline,
              JSON.parse(JSON.stringify(run.events.reduce(reduce, initialView("run")))) as typeof run.view,
            ),
          ).toEqual(before);
          act(run, what);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("what is left never grows, and no step is asked for that ended", () => {
    fc.assert(
      fc.property(arbitraryOptions, arbitraryActs, (options, acts) => {
        const run = simulateRun(buildPipeline, options);
        let left = remaining(run);
        for (const what of acts) {
          act(run, what);
          const now = remaining(run);
          expect(left).toEqual(expect.arrayContaining(now));
          const isOver = ({ status }: { status: string }) => status === "completed" || status === "skipped";
          const ended = new Set(run.view.steps.filter(isOver).map(place));
          expect(now.filter((at) => ended.has(at))).toEqual([]);
          left = now;
        }
      }),
      { numRuns: 200 },
    );
  });
});
