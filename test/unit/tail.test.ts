import type { RunEvent } from "@stagewire/shared";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watch } from "../../server/src/engine/watch.js";
import { createTails, lastSeq, type RunTail } from "../../server/src/log/tail.js";
import type { LogEntry, RunHead, RunLog } from "../../server/src/log/types.js";

const step = { stage: "write", iteration: 0, attempt: 1 } as const;
const usage = { promptTokens: 1, completionTokens: 1, estimated: false };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A log of which only the listeners matter, and its run's tail with that many watchers. */
function watched(holders: number) {
  let tell: (entry: LogEntry) => void = () => {};
  const subscribe: RunLog["subscribe"] = (_runId, listener) => {
    tell = listener;
    return () => {};
  };
  const tails = createTails({ subscribe } as RunLog);
  const held = Array.from({ length: holders }, () => tails.open("r"));
  const tail = held[0] as RunTail;
  let seq = 0;
  let offset = 0;
  const append = (body: object) =>
    tell({ epoch: 1, events: [{ ...body, runId: "r", seq: ++seq, at: seq } as RunEvent] });
  const text = (piece: string) => {
    append({ type: "token", ...step, channel: "output", offset, text: piece });
    offset += piece.length;
  };
  append({ type: "stage_start", ...step, model: "m", cause: "next" });
  return { held, tail, append, text };
}

/** Everything the tail shows after the first event. */
function shown(tail: RunTail): RunEvent[] {
  return (tail.after(1) ?? []).flatMap((entry) => entry.events);
}

test("up to 32 watchers see every event as it is committed", () => {
  const { tail, text } = watched(32);
  for (const piece of ["a", "b", "c"]) {
    text(piece);
    expect(shown(tail).at(-1)).toMatchObject({ text: piece });
  }
});

test("100 watchers see the first text at once, then what came in 100 ms as one event, all of them together", () => {
  const { held, tail, text } = watched(100);
  text("a");
  expect(shown(tail)).toMatchObject([{ seq: 2, text: "a" }]);
  const woken = held.map((each) => {
    const listener = vi.fn<() => void>();
    each.onceAfter(2, listener);
    return listener;
  });
  text("b");
  vi.advanceTimersByTime(50);
  text("c");
  vi.advanceTimersByTime(49);
  expect(lastSeq(tail.after(1)?.at(-1))).toBe(2);
  expect(woken.filter((listener) => listener.mock.calls.length > 0)).toHaveLength(0);

  vi.advanceTimersByTime(1);
  expect(shown(tail)).toMatchObject([{ seq: 2 }, { from: 3, seq: 4, offset: 1, text: "bc" }]);
  expect(woken.filter((listener) => listener.mock.calls.length === 1)).toHaveLength(100);
});

test("no text waits longer than 125 ms, however many watch", () => {
  const { tail, text } = watched(5_000);
  text("a");
  text("b");
  vi.advanceTimersByTime(124);
  expect(shown(tail)).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(shown(tail)).toHaveLength(2);
});

test("what is not text never waits, and the text before it comes with it, none of it lost", () => {
  const { tail, text, append } = watched(100);
  for (const piece of ["a", "b", "c"]) text(piece);
  append({ type: "progress", phase: "streaming", elapsedMs: 1, message: "m" });
  expect(shown(tail)).toHaveLength(1);
  append({ type: "stage_complete", ...step, outcome: "completed", output: "abc", usage, durationMs: 1 });
  expect(shown(tail)).toMatchObject([
    { seq: 2, text: "a" },
    { from: 3, seq: 4, text: "bc" },
    { type: "progress", seq: 5 },
    { type: "stage_complete", seq: 6 },
  ]);
});

test("a watcher that read held text from the log already gets none of it twice", () => {
  const { tail, text } = watched(100);
  for (const piece of ["a", "b", "c"]) text(piece);
  const listener = vi.fn<() => void>();
  tail.onceAfter(4, listener);
  vi.advanceTimersByTime(200);
  expect(tail.after(4)).toEqual([]);
  text("d");
  expect(listener).toHaveBeenCalled();
  expect(tail.after(4)).toMatchObject([{ events: [{ seq: 5, text: "d" }] }]);
});

test("nothing is left behind when the last watcher is gone", () => {
  const { held, text } = watched(100);
  text("a");
  text("b");
  expect(vi.getTimerCount()).toBe(1);
  for (const tail of held) tail.release();
  expect(vi.getTimerCount()).toBe(0);
});

test("a watcher that is sent to the log while it asks the log reads it once more", { timeout: 3_000 }, async () => {
  const event = (seq: number, type: string): RunEvent => ({ runId: "r", seq, at: seq, type }) as RunEvent;
  const entries: LogEntry[] = [{ epoch: 1, events: [event(1, "run_start")] }];
  let miss: () => void = () => {};
  let heads = 0;
  let answer: (head: RunHead) => void = () => {};
  const log: Pick<RunLog, "subscribe" | "read" | "head"> = {
    subscribe(_runId, _listener, onMissed = () => {}) {
      miss = onMissed;
      return () => {};
    },
    read: (_runId, { after }) => Promise.resolve(entries.filter((entry) => lastSeq(entry) > after)),
    head() {
      if (++heads === 1) return Promise.resolve({ epoch: 1, seq: 1, closed: false });
      return new Promise((resolve) => (answer = resolve));
    },
  };
  const tails = createTails(log as RunLog);
  const watching = watch(log as RunLog, tails, { runId: "r", signal: new AbortController().signal });
  await watching.next();
  const next = watching.next();
  await vi.waitFor(() => expect(heads).toBe(2));
  // After it read and before it waits; nothing will be heard any more.
  entries.push({ epoch: 1, events: [event(2, "run_complete")] });
  miss();
  answer({ epoch: 1, seq: 2, closed: true });
  expect((await next).value).toMatchObject({ events: [{ seq: 2, type: "run_complete" }] });
});
