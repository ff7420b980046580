import { isDeepStrictEqual } from "node:util";
import {
  EVENT_TYPES,
  compact,
  initialView,
  isClosed,
  reduce,
  runEventSchema,
  stepKey,
  withFrom,
  type RunEvent,
  type RunView,
  type TokenEvent,
} from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryClosedLog, arbitraryLog } from "../support/arbitrary-log.js";

const fold = (events: readonly RunEvent[], view: RunView = initialView("run")): RunView => events.reduce(reduce, view);

/** For properties that take a moment each: on a busy machine the whole may take long, and that is no failure. */
const PATIENT = { timeout: 120_000 };

const LONE_SURROGATE = /\p{Surrogate}/u;

/** As `expect(a).toStrictEqual(b)`, and fast enough to be asked thousands of times. */
function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected);
}

function forEveryLog(check: (log: RunEvent[]) => void, logs = arbitraryLog()): void {
  fc.assert(fc.property(logs, check));
}

/** Log and cuts through it: chunks that follow one another and may be empty. */
const chunked = fc.tuple(arbitraryLog(), fc.array(fc.nat(), { maxLength: 6 })).map(([log, cuts]) => {
  const points = [0, ...cuts.map((cut) => cut % log.length).toSorted((a, b) => a - b), log.length];
  return { log, chunks: points.slice(1).map((end, index) => log.slice(points[index], end)) };
});

function ranges(events: readonly RunEvent[]): [number, number][] {
  return events.map((event) => [event.from ?? event.seq, event.seq]);
}

function expectPartition(events: readonly RunEvent[], first: number, last: number): void {
  let next = first;
  for (const [from, to] of ranges(events)) {
    expect(from).toBe(next);
    expect(to).toBeGreaterThanOrEqual(from);
    next = to + 1;
  }
  expect(next).toBe(last + 1);
}

/** What every attempt said, straight from the tokens: the oracle that knows neither `reduce` nor `compact`. */
function said(events: readonly RunEvent[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const event of events) {
    if (event.type !== "token") continue;
    const key = `${stepKey(event.stage, event.iteration)}/${event.attempt}/${event.channel}`;
    texts.set(key, (texts.get(key) ?? "") + event.text);
  }
  return texts;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

describe("the logs these tests use", () => {
  test("are logs of the protocol", () => {
    forEveryLog((log) => {
      expectPartition(log, 1, log.length);
      const texts = said(log);
      for (const event of log) {
        same(runEventSchema.parse(event), event);
        if (event.type !== "stage_complete") continue;
        const key = `${stepKey(event.stage, event.iteration)}/${event.attempt}`;
        expect(event.output).toBe(texts.get(`${key}/output`) ?? "");
        expect(event.reasoning ?? "").toBe(texts.get(`${key}/reasoning`) ?? "");
      }
    });
  });

  test("hold every type, retries, recoveries, the loop and halves of surrogate pairs", () => {
    const events = fc.sample(arbitraryLog(), 200).flat();
    expect(new Set(events.map((event) => event.type))).toEqual(
      new Set(runEventSchema.options.map((option) => option.shape.type.value)),
    );
    const starts = events.filter((event) => event.type === "stage_start");
    expect(new Set(starts.map((event) => event.cause))).toEqual(new Set(["next", "retry", "fallback", "recovered"]));
    expect(starts.some((event) => event.iteration === 3)).toBe(true);
    expect(events.some((event) => event.type === "token" && LONE_SURROGATE.test(event.text))).toBe(true);
    const outcomes = events.flatMap((event) => (event.type === "run_complete" ? [event.outcome] : []));
    expect(new Set(outcomes)).toEqual(new Set(["completed", "cancelled", "failed"]));
  });
});

describe("reduce over compacted events", () => {
  test("gives the view of the full log, split at every point", PATIENT, () => {
    forEveryLog((log) => {
      const whole = fold(log);
      let prefix = initialView("run");
      for (let split = 0; split <= log.length; split++) {
        const suffix = compact(log.slice(split));
        same(fold(suffix, prefix), whole);
        same(fold([...compact(log.slice(0, split)), ...suffix]), whole);
        const event = log[split];
        if (event) prefix = reduce(prefix, event);
      }
    });
  });

  test("gives the view of the full log, compacted in any chunks", () => {
    fc.assert(
      fc.property(chunked, ({ log, chunks }) => {
        same(fold(chunks.flatMap((chunk) => compact(chunk))), fold(log));
      }),
    );
  });

  test("gives the view of the full log to a watcher that resumes anywhere, inside a range too", PATIENT, () => {
    forEveryLog((log) => {
      const whole = fold(log);
      const compacted = compact(log);
      let seen = initialView("run");
      for (const event of log) {
        seen = reduce(seen, event);
        const rest = compacted.filter(({ seq }) => seq > event.seq);
        const cut = rest.map((later, index) => (index === 0 ? withFrom(later, event.seq + 1) : later));
        expectPartition(cut, event.seq + 1, log.length);
        same(fold(cut, seen), whole);
        // The same without `from` reset: a merged token then begins before what was seen.
        same(fold(rest, seen), whole);
      }
    });
  });

  test("loses no text and keeps none that is void", () => {
    forEveryLog((log) => {
      const texts = said(log);
      for (const step of fold(compact(log)).steps) {
        const key = `${stepKey(step.stage, step.iteration)}/${step.attempt}`;
        expect(step.output).toBe(texts.get(`${key}/output`) ?? "");
        expect(step.reasoning).toBe(texts.get(`${key}/reasoning`) ?? "");
      }
    });
  });
});

describe("compact", () => {
  test("covers the log exactly, whatever the slice", () => {
    fc.assert(
      fc.property(chunked, ({ chunks }) => {
        for (const chunk of chunks) {
          const first = chunk[0];
          const last = chunk.at(-1);
          if (first && last) expectPartition(compact(chunk), first.seq, last.seq);
          else expect(compact(chunk)).toEqual([]);
        }
      }),
    );
  });

  test("is idempotent, and does not depend on what was compacted before", () => {
    fc.assert(
      fc.property(chunked, ({ log, chunks }) => {
        const compacted = compact(log);
        same(compact(compacted), compacted);
        same(compact(chunks.flatMap((chunk) => compact(chunk))), compacted);
      }),
    );
  });

  test("keeps the last event", () => {
    forEveryLog((log) => {
      const last = log.at(-1);
      const kept = compact(log).at(-1);
      expect(kept?.seq).toBe(last?.seq);
      expect(kept?.type).toBe(last?.type);
      expect(kept?.at).toBe(last?.at);
    });
  });

  test("drops tokens of finished and voided attempts, merges the others, and keeps one progress at most", () => {
    forEveryLog((log) => {
      const compacted = compact(log);
      const open = fold(log).steps.filter((step) => step.status === "running" || step.status === "retrying");
      const openAttempts = new Set(open.map((step) => `${stepKey(step.stage, step.iteration)}/${step.attempt}`));
      for (const [index, event] of compacted.entries()) {
        if (event.type !== "token") continue;
        expect(openAttempts).toContain(`${stepKey(event.stage, event.iteration)}/${event.attempt}`);
        const next = compacted[index + 1];
        if (next?.type === "token") expect(next.channel).not.toBe(event.channel);
      }
      const progress = compacted.filter((event) => event.type === "progress");
      expect(progress.length).toBeLessThanOrEqual(isClosed(fold(log)) ? 0 : 1);
    });
  });

  test("keeps the text of an attempt that goes on", () => {
    forEveryLog((log) => {
      const before = said(log);
      for (const [key, text] of said(compact(log))) expect(text).toBe(before.get(key));
    });
  });

  test("with detail stages has no tokens, and on closed logs gives the same view", () => {
    forEveryLog((log) => {
      const stages = compact(log, "stages");
      expect(stages.some((event) => event.type === "token")).toBe(false);
      same(fold(stages), fold(log));
      same(compact(compact(log), "stages"), stages);
      expectPartition(stages, 1, log.length);
    }, arbitraryClosedLog());
  });

  test("with detail stages differs on open logs by the text of the running step alone", () => {
    forEveryLog((log) => {
      const silent = ({ seq: _seq, updatedAt: _updatedAt, ...view }: RunView) => ({
        ...view,
        steps: view.steps.map((step) =>
          step.completedAt === undefined ? { ...step, output: "", reasoning: "" } : step,
        ),
      });
      same(silent(fold(compact(log, "stages"))), silent(fold(log)));
    });
  });

  test("changes nothing in its input, and hands the events that stay on as they are", () => {
    forEveryLog((log) => {
      const before = new Set(deepFreeze(log));
      for (const event of compact(log)) if (event.from === undefined) expect(before).toContain(event);
    });
  });
});

describe("reduce", () => {
  test("ignores what was folded before", () => {
    fc.assert(
      fc.property(arbitraryLog(), fc.array(fc.nat(), { maxLength: 20 }), (log, repeats) => {
        const twice = log.flatMap((event) => [event, event]);
        same(fold(twice), fold(log));
        const again = repeats.map((index) => log[index % log.length]).filter((event) => event !== undefined);
        same(fold(again, fold(log)), fold(log));
      }),
    );
  });

  test("changes neither its view nor its event", () => {
    forEveryLog((log) => {
      deepFreeze(log);
      log.reduce((view, event) => deepFreeze(reduce(view, event)), deepFreeze(initialView("run")));
    });
  });

  test("returns the very same view where nothing changes, so that a UI can skip it", () => {
    forEveryLog((log) => {
      const view = fold(log);
      for (const event of log) expect(reduce(view, event)).toBe(view);
    });
  });

  test("ignores types and fields that it does not know", () => {
    const unknown = fc.record({
      index: fc.nat(),
      type: fc.constantFrom("weather", "__proto__", "toString"),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(arbitraryLog(), fc.array(unknown, { maxLength: 5 }), fc.jsonValue(), (log, strangers, value) => {
        const mixed: unknown[] = log.map((event) => ({ ...event, somethingNew: value }));
        for (const { index, type, value: inner } of strangers) {
          mixed.splice(1 + (index % mixed.length), 0, {
            runId: "run",
            type,
            at: 1,
            inner,
            stage: "review",
            attempt: 99,
          });
        }
        const numbered = mixed.map((event, index) => ({ ...(event as RunEvent), seq: index + 1 }));
        const view = fold(numbered);
        expect(view.seq).toBe(numbered.length);
        same(view.steps, fold(numbered.filter(({ type }) => EVENT_TYPES.has(type))).steps);
        same(fold(compact(numbered)), view);
        expectPartition(compact(numbered), 1, numbered.length);
      }),
    );
  });

  test("takes a control with a command it does not know", () => {
    const view = fold([
      {
        runId: "run",
        seq: 1,
        at: 1,
        type: "control",
        commandId: "c",
        command: { type: "dance" } as never,
        by: "somebody",
        outcome: "applied",
      },
    ]);
    expect(view.seq).toBe(1);
    expect(view.controls).toHaveLength(1);
  });

  test("never throws, in whatever order events come", () => {
    const disorder = arbitraryLog().chain((log) => fc.shuffledSubarray(log));
    forEveryLog((events) => {
      const numbered = events.map((event, index) => ({ ...event, seq: index + 1 }));
      expect(fold(numbered).seq).toBe(numbered.length);
      expect(fold(compact(numbered)).seq).toBe(numbered.length);
    }, disorder);
  });
});

describe("tokens by offset", () => {
  const at = { runId: "run", at: 1, stage: "review", iteration: 0 } as const;
  const start = (seq: number, attempt: number): RunEvent => ({
    ...at,
    seq,
    attempt,
    type: "stage_start",
    model: "m",
    cause: attempt === 1 ? "next" : "retry",
  });
  const token = (seq: number, offset: number, text: string, more: Partial<TokenEvent> = {}): TokenEvent => ({
    ...at,
    seq,
    attempt: 1,
    type: "token",
    channel: "output",
    offset,
    text,
    ...more,
  });

  test("a token that is contained in the text already does not shorten it", () => {
    expect(fold([start(1, 1), token(2, 0, "whole"), token(3, 1, "ho")]).steps[0]?.output).toBe("whole");
  });

  test("a token of a voided attempt is ignored when it comes late", () => {
    expect(fold([start(1, 1), start(2, 2), token(3, 0, "void")]).steps[0]?.output).toBe("");
  });

  test("tokens of two channels stay two, though the offsets would fit", () => {
    const events = [token(1, 0, "abc"), token(2, 3, "def", { channel: "reasoning" })];
    expect(compact(events)).toEqual(events);
  });

  test("tokens that do not adjoin stay two", () => {
    const events = [token(1, 0, "abc"), token(2, 2, "cd")];
    expect(compact(events)).toEqual(events);
  });

  test("a merge joins the halves of a surrogate pair", () => {
    expect(compact([token(1, 0, "\ud83d"), token(2, 1, "\ude00")])).toEqual([{ ...token(2, 0, "😀"), from: 1 }]);
  });
});
