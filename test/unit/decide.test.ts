import { buildPipeline } from "@stagewire/server";
import { type Command, isClosed } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decide } from "../../server/src/engine/decide.js";
import { nextStep } from "../../server/src/engine/next-step.js";
import { type SimulatedRun, simulateRun } from "../support/simulated-run.js";
import "../support/seed.js";

const CANCEL_NOW: Command = { type: "cancel", when: "now" };
const CANCEL_AFTER: Command = { type: "cancel", when: "after_stage" };
const SKIP_ONE: Command = { type: "skip", target: "iteration", when: "now" };
const SKIP_NEXT: Command = { type: "skip", target: "iteration", when: "after_iteration" };
const SKIP_ALL: Command = { type: "skip", target: "remaining", when: "now" };
const SKIP_REST: Command = { type: "skip", target: "remaining", when: "after_iteration" };
const PAUSE: Command = { type: "pause" };
const RESUME: Command = { type: "resume" };
const GUIDE: Command = { type: "guide", text: "x" };

/** A run in which `at` runs, or, with `begun` false, is about to. */
function runAt(at: string, begun = true): SimulatedRun {
  const run = simulateRun(buildPipeline);
  for (;;) {
    const next = nextStep(buildPipeline, run.view);
    if (next.type !== "step") throw new Error(`there is no ${at}`);
    if (`${next.stage} ${next.iteration}` === at) {
      if (begun) run.begin();
      return run;
    }
    run.begin();
    run.end(false);
  }
}

function closed(): SimulatedRun {
  const run = runAt("architecture 0");
  run.command(CANCEL_NOW);
  return run;
}

const rejected = (reason: string) => ({ outcome: "rejected", reason });
const skipped = (iteration: number) => ({ outcome: "applied", at: { iteration }, interrupts: "skipped" });
const later = (iteration: number) => ({ outcome: "scheduled", at: { iteration } });

const SKIPS: [string, SimulatedRun, Record<string, object>][] = [
  [
    "before anything",
    runAt("architecture 0", false),
    {
      SKIP_ONE: rejected("not_refining"),
      SKIP_NEXT: rejected("not_refining"),
      SKIP_ALL: later(1),
      SKIP_REST: later(1),
    },
  ],
  [
    "the first review",
    runAt("review 0"),
    {
      SKIP_ONE: rejected("not_refining"),
      SKIP_NEXT: rejected("not_refining"),
      SKIP_ALL: later(1),
      SKIP_REST: later(1),
    },
  ],
  [
    "between review and refinement",
    runAt("refinement 1", false),
    { SKIP_ONE: skipped(1), SKIP_NEXT: later(2), SKIP_ALL: skipped(1), SKIP_REST: later(2) },
  ],
  [
    "refinement 1",
    runAt("refinement 1"),
    { SKIP_ONE: skipped(1), SKIP_NEXT: later(2), SKIP_ALL: skipped(1), SKIP_REST: later(2) },
  ],
  [
    "the re-review 2",
    runAt("review 2"),
    { SKIP_ONE: skipped(2), SKIP_NEXT: later(3), SKIP_ALL: skipped(2), SKIP_REST: later(3) },
  ],
  [
    "before documentation",
    runAt("documentation 0", false),
    {
      SKIP_ONE: rejected("already_past"),
      SKIP_NEXT: rejected("already_past"),
      SKIP_ALL: rejected("already_past"),
      SKIP_REST: rejected("already_past"),
    },
  ],
  [
    "documentation",
    runAt("documentation 0"),
    {
      SKIP_ONE: rejected("already_past"),
      SKIP_NEXT: rejected("already_past"),
      SKIP_ALL: rejected("already_past"),
      SKIP_REST: rejected("already_past"),
    },
  ],
];
const COMMANDS: Record<string, Command> = { SKIP_ONE, SKIP_NEXT, SKIP_ALL, SKIP_REST };

describe("decisions", () => {
  test.each(SKIPS)("skip at %s", (_, run, expected) => {
    for (const [name, command] of Object.entries(COMMANDS)) {
      expect(decide(buildPipeline, run.view, command), name).toEqual(expected[name]);
    }
  });

  test("skipping all that remain, twice before the loop", () => {
    const run = runAt("implementation 0");
    expect(run.command(SKIP_ALL).outcome).toBe("scheduled");
    expect(run.command(SKIP_ALL)).toEqual(rejected("already_past"));
  });

  test("cancel: now it interrupts, later it waits for what runs, and with nothing running it is now", () => {
    const running = runAt("implementation 0");
    expect(decide(buildPipeline, running.view, CANCEL_NOW)).toEqual({
      outcome: "applied",
      interrupts: "cancelled",
      ends: true,
      at: { stage: "implementation", iteration: 0 },
    });
    expect(running.command(CANCEL_AFTER)).toEqual({
      outcome: "scheduled",
      at: { stage: "implementation", iteration: 0 },
    });
    expect(running.command(CANCEL_AFTER)).toEqual(rejected("already_cancelling"));
    expect(decide(buildPipeline, running.view, CANCEL_NOW).outcome).toBe("applied");
    running.end(false);
    expect(nextStep(buildPipeline, running.view)).toEqual({ type: "done", outcome: "cancelled", closed: false });
    const between = runAt("implementation 0", false);
    expect(decide(buildPipeline, between.view, CANCEL_AFTER)).toEqual({
      outcome: "applied",
      interrupts: "cancelled",
      ends: true,
    });
  });

  test("cancel after the stage also waits for a stage that is to be tried again", () => {
    const run = runAt("architecture 0");
    run.fail(true);
    expect(run.command(CANCEL_AFTER).outcome).toBe("scheduled");
    expect(run.begin()).toBe(true);
  });

  test("pause and resume", () => {
    const run = runAt("architecture 0");
    expect(run.command(RESUME)).toEqual(rejected("not_paused"));
    expect(run.command(PAUSE)).toEqual({ outcome: "scheduled" });
    expect(run.command(PAUSE)).toEqual(rejected("already_paused"));
    expect(run.command(RESUME)).toEqual({ outcome: "applied" });
    run.end(false);
    expect(run.command(PAUSE)).toEqual({ outcome: "applied" });
    expect(run.command(RESUME)).toEqual({ outcome: "applied", at: { stage: "implementation", iteration: 0 } });
  });

  test("on a closed run everything is rejected", () => {
    const { view } = closed();
    for (const command of [CANCEL_NOW, CANCEL_AFTER, SKIP_ONE, SKIP_NEXT, SKIP_ALL, SKIP_REST, PAUSE, RESUME, GUIDE]) {
      expect(decide(buildPipeline, view, command)).toEqual(rejected("run_closed"));
    }
  });
});

describe("any number of commands", () => {
  const arbitrary = fc.array(
    fc.constantFrom(...[CANCEL_AFTER, SKIP_ONE, SKIP_NEXT, SKIP_ALL, SKIP_REST, PAUSE, RESUME, GUIDE]),
    { maxLength: 20 },
  );
  const places = [
    "architecture 0",
    "review 0",
    "refinement 1",
    "review 1",
    "refinement 3",
    "review 3",
    "documentation 0",
  ];

  test("leave a run that goes on, and a cancel now always ends it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.boolean(), arbitrary, (at, begun, commands) => {
        const run = runAt(at, begun);
        for (const command of commands) {
          run.command(command);
          const next = nextStep(buildPipeline, run.view);
          if (isClosed(run.view)) expect(next).toMatchObject({ type: "done", outcome: "cancelled" });
        }
        if (isClosed(run.view)) return;
        expect(run.command(CANCEL_NOW).outcome).toBe("applied");
        expect(run.view).toMatchObject({ status: "cancelled" });
        expect(run.command(CANCEL_NOW)).toEqual(rejected("run_closed"));
      }),
    );
  });

  test("a decision is a function of the view alone", () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), arbitrary, (at, commands) => {
        const [a, b] = [runAt(at), runAt(at)];
        expect(commands.map((command) => a.command(command))).toEqual(commands.map((command) => b.command(command)));
      }),
    );
  });
});
