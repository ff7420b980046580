import { type EventBody, reduce, type RunView } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { offersResume, pauseState } from "../../client/web/src/run/pausing.js";

const PIPELINE = { id: "p", title: "P", stages: [{ id: "a", title: "A" }] };

function viewOf(...bodies: EventBody[]): RunView {
  const start: EventBody = { type: "run_start", task: "t", pipeline: PIPELINE, options: {} };
  const events = [start, ...bodies].map((body, index) => ({ ...body, runId: "r", seq: index + 1, at: 1_000 + index }));
  const view = events.reduce<RunView | undefined>(reduce, undefined);
  if (!view) throw new Error("nothing was folded");
  return view;
}

const paused: EventBody = { type: "progress", phase: "paused", elapsedMs: 1, message: "no room on the disk" };
const pause: EventBody = {
  type: "control",
  commandId: "c",
  command: { type: "pause" },
  by: "local",
  outcome: "scheduled",
};

describe("Resume is offered", () => {
  test("where a person paused the run, or asked for it", () => {
    expect(pauseState(viewOf(pause))).toBe("pausing");
    expect(offersResume(viewOf(pause))).toBe(true);
    expect(offersResume(viewOf(pause, paused))).toBe(true);
  });

  test("not where the run waits by itself, as for room on a full disk: nobody can resume that", () => {
    expect(pauseState(viewOf(paused))).toBe("stalled");
    expect(offersResume(viewOf(paused))).toBe(false);
    expect(offersResume(viewOf())).toBe(false);
  });
});
