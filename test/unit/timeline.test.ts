import { compact, type EventBody, initialView, reduce, type RunEvent, type RunView } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filterEvents, indexOfSeq } from "../../client/web/src/events/filter-events.js";
import { stageBars } from "../../client/web/src/replay/stage-bars.js";
import { ticks } from "../../client/web/src/timeline/axis.js";
import { timelineOf, type TimelineRow } from "../../client/web/src/timeline/timeline.js";
import { arbitraryLog } from "../support/arbitrary-log.js";

const fold = (events: readonly RunEvent[]): RunView => events.reduce<RunView>(reduce, initialView("run"));

/** Logs whose pipeline says which stage reviews in the loop, as those of a server do. */
const logs = arbitraryLog().map((log) =>
  log.map((event) => {
    if (event.type !== "run_start") return event;
    const stages = event.pipeline.stages.map((stage) =>
      stage.loop ? { ...stage, loop: { ...stage.loop, review: "review" } } : stage,
    );
    return { ...event, pipeline: { ...event.pipeline, stages } };
  }),
);

/** A log of these bodies, each at its moment in ms after the start. */
function logOf(...bodies: [at: number, body: EventBody][]): RunEvent[] {
  return bodies.map(([at, body], index) => ({ ...body, runId: "run", seq: index + 1, at: 10_000 + at }));
}

const start = (options: object = {}): EventBody => ({
  type: "run_start",
  task: "t",
  pipeline: {
    id: "p",
    title: "P",
    stages: [
      { id: "draft", title: "Draft" },
      { id: "polish", title: "Polish", loop: { max: 1 } },
    ],
  },
  options,
});
const at = (stage: string, attempt = 1, iteration = 0) => ({ stage, iteration, attempt });
const begin = (place: ReturnType<typeof at>, cause: "next" | "retry" | "recovered" = "next"): EventBody => ({
  type: "stage_start",
  ...place,
  model: "m",
  cause,
});
const end = (place: ReturnType<typeof at>, more: object = {}): EventBody => ({
  type: "stage_complete",
  ...place,
  outcome: "completed",
  output: "o",
  usage: { promptTokens: 1, completionTokens: 1, estimated: false },
  durationMs: 1,
  ...more,
});

/** What a row is about, with its spans in ms after the start. */
function brief({ title, spans }: TimelineRow): [string, ...string[]] {
  return [title, ...spans.map(({ kind, from, to }) => `${kind} ${from - 10_000}-${to - 10_000}`)];
}

function rowsOf(log: readonly RunEvent[], now = 0): [string, ...string[]][] {
  return timelineOf(fold(log), log, 10_000 + now).rows.map(brief);
}

describe("the timeline", () => {
  test("has every step, in time, within the run; and the same ones from a compacted log", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(logs, fc.nat(1_000), (log, later) => {
        const view = fold(log);
        const now = view.updatedAt + later;
        const whole = timelineOf(view, log, now);
        for (const { spans, from, to } of whole.rows) {
          let last = from ?? 0;
          for (const span of spans) {
            expect(span.from).toBeGreaterThanOrEqual(last);
            expect(span.to).toBeGreaterThanOrEqual(span.from);
            last = span.to;
          }
          expect(last).toBeLessThanOrEqual(to ?? whole.to);
        }
        const begun = whole.rows.flatMap(({ planned }) => planned?.step ?? []);
        expect(begun).toHaveLength(view.steps.length);
        const outline = (rows: readonly TimelineRow[]) =>
          rows.map(({ key, state, from, to, attempts }) => [
            key,
            state,
            from,
            to,
            attempts.map(({ attempt, startedAt, endedAt, outcome }) => [attempt, startedAt, endedAt, outcome]),
          ]);
        expect(outline(timelineOf(view, compact(log), now).rows)).toEqual(outline(whole.rows));
      }),
    );
  });

  test("tells the wait for the first token from writing, and a retry from its wait", () => {
    const log = logOf(
      [0, start()],
      [500, begin(at("draft"))],
      [
        800,
        {
          type: "error",
          code: "MODEL_UNAVAILABLE",
          message: "down",
          retryable: true,
          fatal: false,
          ...at("draft"),
          retryInMs: 200,
        },
      ],
      [1_000, begin(at("draft", 2), "retry")],
      [1_600, end(at("draft", 2), { firstTokenMs: 400 })],
    );
    expect(rowsOf(log, 1_600)).toEqual([
      ["Queued", "queued 0-500"],
      ["Draft", "failed 500-800", "retry 800-1000", "asking 1000-1400", "writing 1400-1600"],
      ["Polish 1"],
    ]);
  });

  test("a run that goes on grows; its first token is known from the token itself, or from the sign of life", () => {
    const token: EventBody = { type: "token", ...at("draft"), channel: "output", offset: 0, text: "a" };
    const told: EventBody = {
      type: "progress",
      phase: "streaming",
      ...at("draft"),
      elapsedMs: 400,
      firstTokenMs: 300,
      message: "",
    };
    const begun: [number, EventBody][] = [
      [0, start()],
      [0, begin(at("draft"))],
    ];
    expect(rowsOf(logOf(...begun), 200)[0]).toEqual(["Draft", "asking 0-200"]);
    expect(rowsOf(logOf(...begun, [300, token]), 700)[0]).toEqual(["Draft", "asking 0-300", "writing 300-700"]);
    expect(rowsOf(logOf(...begun, [400, told]), 700)[0]).toEqual(["Draft", "asking 0-300", "writing 300-700"]);
  });

  test("in a replay, what the log tells at a call's end says when it had begun to write", () => {
    const log = logOf([0, start()], [0, begin(at("draft"))], [900, end(at("draft"), { firstTokenMs: 400 })]);
    const before = (now: number) => timelineOf(fold(log.slice(0, 2)), log, 10_000 + now).rows.map(brief)[0];
    expect(before(300)).toEqual(["Draft", "asking 0-300"]);
    expect(before(700)).toEqual(["Draft", "asking 0-400", "writing 400-700"]);
  });

  test("a pause and a gate are rows of their own before the step that waited, ended or not", () => {
    const resume: EventBody = {
      type: "control",
      commandId: "r",
      command: { type: "resume" },
      by: "ci",
      outcome: "applied",
      stage: "polish",
      iteration: 1,
    };
    const waiting: [number, EventBody][] = [
      [0, start({ gates: ["polish"] })],
      [0, begin(at("draft"))],
      [100, end(at("draft"))],
      [110, { type: "progress", phase: "paused", elapsedMs: 110, message: "" }],
    ];
    expect(rowsOf(logOf(...waiting), 900)).toEqual([
      ["Draft", "call 0-100"],
      ["Paused before Polish 1", "paused 100-900"],
      ["Polish 1"],
    ]);
    const gone = logOf(...waiting, [1_000, resume], [1_000, begin(at("polish", 1, 1))]);
    expect(rowsOf(gone, 1_200)).toEqual([
      ["Draft", "call 0-100"],
      ["Gate before Polish 1", "paused 100-1000"],
      ["Polish 1", "asking 1000-1200"],
    ]);
    expect(timelineOf(fold(gone), gone, 11_200).rows[1]?.endedBy?.by).toBe("ci");
  });

  test("an attempt that a stopped server cut off reaches to the next one", () => {
    const log = logOf([0, start()], [0, begin(at("draft"))], [900, begin(at("draft", 2), "recovered")]);
    expect(rowsOf(log, 1_000)[0]).toEqual(["Draft", "lost 0-900", "asking 900-1000"]);
  });
});

test("bars on the scrubber stay within it", () => {
  fc.assert(
    fc.property(arbitraryLog(), fc.nat(5_000), (log, total) => {
      for (const { from, to } of stageBars(fold(log), total)) {
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeGreaterThanOrEqual(from);
        expect(to).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("ticks are few, begin at 0 and end within", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 * 86_400_000 }), (total) => {
      const found = ticks(total, 8);
      expect(found[0]).toBe(0);
      expect(found.length).toBeLessThanOrEqual(9);
      expect(found.at(-1)).toBeLessThanOrEqual(total);
      expect(total < 1_000 || found.length > 1).toBe(true);
    }),
  );
});

describe("the event list", () => {
  test("finds the event that covers a number, compacted or not", () => {
    fc.assert(
      fc.property(arbitraryLog(), (log) => {
        const seen = compact(log);
        for (const { seq } of log) {
          const found = seen[indexOfSeq(seen, seq)];
          expect(found && (found.from ?? found.seq) <= seq && seq <= found.seq).toBe(true);
        }
        expect(indexOfSeq(seen, log.length + 1)).toBe(-1);
        expect(indexOfSeq([], 1)).toBe(-1);
      }),
    );
  });

  test("filters by type, step and text, all of them together", () => {
    const log = logOf(
      [0, start()],
      [0, begin(at("draft"))],
      [1, { type: "token", ...at("draft"), channel: "output", offset: 0, text: "Say “hello”\nWorld" }],
      [
        2,
        { type: "control", commandId: "c", command: { type: "guide", text: "use Rust" }, by: "ci", outcome: "applied" },
      ],
      [3, begin(at("polish", 1, 1))],
    );
    const seqs = (filter: object) => filterEvents(log, filter).map(({ seq }) => seq);
    expect(filterEvents(log, {})).toBe(log);
    expect(seqs({ type: "stage_start" })).toEqual([2, 5]);
    expect(seqs({ step: "polish#1" })).toEqual([5]);
    expect(seqs({ text: "HELLO”\nworld" })).toEqual([3]);
    expect(seqs({ text: "rust" })).toEqual([4]);
    expect(seqs({ type: "stage_start", step: "draft#0", text: "next" })).toEqual([2]);
    expect(seqs({ type: "nonsense" })).toEqual([]);
  });
});
