import { isDeepStrictEqual } from "node:util";
import { createReplay, type Replay } from "@stagewire/client/replay";
import { compact, type EventBody, findStep, initialView, reduce, type RunEvent, type RunView } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryClosedLog, arbitraryLog } from "../support/arbitrary-log.js";

const fold = (events: readonly RunEvent[]): RunView => events.reduce<RunView>(reduce, initialView("run"));

/** As `expect(a).toStrictEqual(b)`, and fast enough to be asked thousands of times. */
function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected);
}

/** A log, and the same as a watcher may have got it: parts of it compacted, in chunks. */
const watched = fc
  .tuple(arbitraryLog(), fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 6 }))
  .map(([log, cuts]) => {
    const points = cuts.map(([at, whole]) => ({ at: at % log.length, whole })).toSorted((a, b) => a.at - b.at);
    const chunks = [...points, { at: log.length, whole: false }].map(({ at, whole }, index) => {
      const chunk = log.slice(points[index - 1]?.at ?? 0, at);
      return whole ? chunk : compact(chunk);
    });
    return { log, seen: chunks.flat() };
  });

/** A view without what compaction loses for good: text on its way, and signs of life. */
function lasting({ progress: _progress, status: _status, ...view }: RunView): unknown {
  const steps = view.steps.map((step) =>
    step.completedAt === undefined ? { ...step, output: undefined, reasoning: undefined } : step,
  );
  return { ...view, steps };
}

/** For properties that take a moment each: on a busy machine the whole may take long, and that is no failure. */
const PATIENT = { timeout: 120_000 };

function everySeq(replay: Replay): number[] {
  return Array.from({ length: replay.lastSeq }, (_, index) => index + 1);
}

/** A log of these bodies, each at its moment in ms. */
function logOf(...bodies: [at: number, body: EventBody][]): RunEvent[] {
  return bodies.map(([at, body], index) => ({ ...body, runId: "run", seq: index + 1, at: 1_000 + at }));
}

const STAGE = { stage: "draft", iteration: 0, attempt: 1 };
const START: EventBody = {
  type: "run_start",
  task: "t",
  pipeline: { id: "p", title: "P", stages: [{ id: "draft", title: "Draft" }] },
  options: {},
};
const BEGIN: EventBody = { type: "stage_start", ...STAGE, model: "m", cause: "next" };
const end = (output: string, more: object = {}): EventBody => ({
  type: "stage_complete",
  ...STAGE,
  outcome: "completed",
  output,
  usage: { promptTokens: 1, completionTokens: 1, estimated: false },
  durationMs: 1_000,
  ...more,
});
const token = (offset: number, text: string, channel: "output" | "reasoning" = "output"): EventBody => ({
  type: "token",
  ...STAGE,
  channel,
  offset,
  text,
});

describe("a replay of a log that was not compacted", () => {
  test("shows the run as it was at each event, in whatever order one looks", PATIENT, () => {
    fc.assert(
      fc.property(arbitraryLog(), fc.array(fc.nat(), { maxLength: 5 }), (log, looks) => {
        const replay = createReplay(log);
        expect(replay.paced).toBe(false);
        same(replay.events, log);
        for (const look of looks) {
          const seq = (look % log.length) + 1;
          same(replay.viewAt(seq), fold(log.slice(0, seq)));
        }
        for (const { seq } of log) same(replay.viewAt(seq), fold(log.slice(0, seq)));
      }),
    );
  });

  test("of some thousand events too, beyond what is kept in between", () => {
    const words = Array.from({ length: 3_000 }, (_, index) => token(index * 2, "ab"));
    const log = logOf([0, START], [0, BEGIN], ...words.map((body, at) => [at, body] as [number, EventBody]));
    const replay = createReplay(log);
    for (const seq of [2_999, 3, 256, 257, 255, 1_024, 3_002]) {
      expect(replay.viewAt(seq)).toStrictEqual(fold(log.slice(0, seq)));
    }
  });
});

describe("a replay of a log that was compacted, wholly or in parts", () => {
  test("is complete, and shows at each event that stayed what was there, but for text on its way", PATIENT, () => {
    fc.assert(
      fc.property(watched, ({ log, seen }) => {
        const replay = createReplay(seen);
        let next = 1;
        for (const { from, seq } of replay.events) {
          expect(from ?? seq).toBe(next);
          next = seq + 1;
        }
        expect(next).toBe(log.length + 1);
        same(replay.viewAt(log.length), fold(log));
        for (const { seq } of seen) same(lasting(replay.viewAt(seq)), lasting(fold(log.slice(0, seq))));
      }),
    );
  });

  test("text only grows, up to what the attempt wrote, and parts no surrogate pair", PATIENT, () => {
    fc.assert(
      fc.property(arbitraryClosedLog(), (log) => {
        const seen = compact(log);
        const replay = createReplay(seen);
        let before = replay.viewAt(1);
        for (const seq of everySeq(replay)) {
          const view = replay.viewAt(seq);
          for (const step of view.steps) {
            const last = seen.findLast(
              (event) =>
                event.type === "stage_complete" && event.stage === step.stage && event.iteration === step.iteration,
            );
            if (last?.type !== "stage_complete" || step.attempt !== last.attempt) continue;
            const earlier = findStep(before, step.stage, step.iteration);
            for (const channel of ["output", "reasoning"] as const) {
              const whole = last[channel] ?? "";
              const written = step[channel];
              if (!whole.startsWith(written)) expect(whole).toMatch(written);
              if (earlier?.attempt === step.attempt)
                expect(written.length).toBeGreaterThanOrEqual(earlier[channel].length);
              expect(/[\ud800-\udbff]$/.test(written) && /^[\udc00-\udfff]/.test(whole.slice(written.length))).toBe(
                false,
              );
            }
          }
          before = view;
        }
      }),
    );
  });

  test("the words come evenly over the time in which they were written, thoughts first", () => {
    const log = logOf(
      [0, START],
      [0, BEGIN],
      ...Array.from({ length: 9 }, (_, index): [number, EventBody] => [500, token(index, "x")]),
      [1_000, end("0123456789".repeat(4), { reasoning: "hm".repeat(5) })],
    );
    const replay = createReplay(compact(log));
    expect(replay.paced).toBe(true);
    const at = (ms: number) => {
      const step = replay.viewAtMs(ms).steps[0];
      return [step?.reasoning.length, step?.output.length];
    };
    expect([0, 100, 200, 300, 500, 900, 1_000].map(at)).toEqual([
      [0, 0],
      [5, 0],
      [10, 0],
      [10, 5],
      [10, 15],
      [10, 35],
      [10, 40],
    ]);
  });

  test("not before the first token, where its time is known", () => {
    const log = logOf(
      [0, START],
      [0, BEGIN],
      ...Array.from({ length: 9 }, (_, index): [number, EventBody] => [500, token(index, "x")]),
      [1_000, end("0123456789", { firstTokenMs: 500 })],
    );
    const replay = createReplay(compact(log));
    expect([400, 500, 600, 800].map((ms) => replay.viewAtMs(ms).steps[0]?.output.length)).toEqual([0, 0, 2, 6]);
  });

  test("also where the first token came so late that every estimate lies before it", () => {
    const log = logOf(
      [0, START],
      [0, BEGIN],
      [990, token(0, "01234")],
      [1_000, end("0123456789", { firstTokenMs: 990 })],
    );
    const { events, paced } = createReplay(compact(log));
    expect(paced).toBe(true);
    expect(events).toEqual([log[0], log[1], { ...log[2], at: 1_995 }, log[3]]);
  });

  test("merged tokens of a step that runs come one after the other", () => {
    const log = logOf(
      [0, START],
      [0, BEGIN],
      ...Array.from({ length: 4 }, (_, index): [number, EventBody] => [100 * (index + 1), token(index * 2, "ab")]),
    );
    const replay = createReplay(compact(log));
    expect(compact(log)).toHaveLength(3);
    expect([100, 200, 300, 400].map((ms) => replay.viewAtMs(ms).steps[0]?.output)).toEqual([
      "ab",
      "abab",
      "ababab",
      "abababab",
    ]);
  });

  test("a wait between two steps is a pause again", () => {
    const wait: EventBody = { type: "progress", phase: "paused", elapsedMs: 20, message: "Paused" };
    const log = logOf(
      [0, START],
      [0, BEGIN],
      [10, { type: "control", commandId: "a", command: { type: "pause" }, by: "x", outcome: "scheduled" }],
      [20, end("done")],
      [20, wait],
      [60, wait],
      [100, { type: "control", commandId: "b", command: { type: "resume" }, by: "x", outcome: "applied" }],
      [100, { ...BEGIN, stage: "next" }],
    );
    const replay = createReplay(compact(log));
    expect([20, 60, 99].map((ms) => replay.viewAtMs(ms).status)).toEqual(["running", "paused", "paused"]);
    expect(replay.viewAtMs(100).status).toBe("running");
  });
});

describe("moments", () => {
  test("an event is found at its moment, and nothing later than asked for", PATIENT, () => {
    fc.assert(
      fc.property(
        watched,
        fc.array(fc.integer({ min: -1, max: 5_000 })),
        fc.array(fc.integer({ min: -50, max: 50 })),
        ({ seen }, moments, shifts) => {
          // A server's clock may be set back.
          const replay = createReplay(seen.map((event, index) => ({ ...event, at: event.at + (shifts[index] ?? 0) })));
          for (const seq of everySeq(replay)) {
            expect(replay.seqAtMs(replay.msAt(seq))).toBeGreaterThanOrEqual(
              replay.events.findLast((event) => event.seq <= seq)?.seq ?? 1,
            );
            expect(replay.msAt(seq)).toBeGreaterThanOrEqual(replay.msAt(seq - 1));
          }
          for (const ms of moments) {
            if (ms >= 0) expect(replay.msAt(replay.seqAtMs(ms))).toBeLessThanOrEqual(ms);
            same(replay.viewAtMs(ms), replay.viewAt(replay.seqAtMs(ms)));
          }
          expect(replay.msAt(replay.lastSeq)).toBe(replay.durationMs);
        },
      ),
    );
  });

  test("without events there is nothing, and numbers out of range are brought into it", () => {
    const none = createReplay([]);
    expect(none).toMatchObject({ lastSeq: 0, durationMs: 0, startedAt: 0, paced: false });
    expect([none.viewAt(3).seq, none.viewAtMs(9).seq, none.seqAtMs(9), none.msAt(9)]).toEqual([0, 0, 0, 0]);
    const replay = createReplay(logOf([0, START], [5, BEGIN]));
    expect([-1, 0, 1, 2, 99].map((seq) => replay.viewAt(seq).seq)).toEqual([1, 1, 1, 2, 2]);
    expect([-1, 0, 4, 5, 99].map((ms) => replay.seqAtMs(ms))).toEqual([1, 1, 1, 2, 2]);
  });
});
