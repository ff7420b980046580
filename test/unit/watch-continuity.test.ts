import { compact, initialView, reduce, type RunEvent, withFrom } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createContinuity } from "../../client/sdk/src/watch/continuity.js";
import { arbitraryClosedLog } from "../support/arbitrary-log.js";
import "../support/seed.js";

const fold = (events: readonly RunEvent[]) => events.reduce(reduce, initialView("run"));

/** What a connection brings: from some events back, or some ahead (which leaves a hole), compacted or not. */
const arbitraryDeliveries = (compacted: fc.Arbitrary<boolean>) =>
  fc.array(
    fc.record({
      back: fc.nat(12),
      ahead: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }) },
      ),
      count: fc.nat(20),
      compacted,
    }),
    { maxLength: 30 },
  );

/** Everything that a watcher hands on, over any number of connections and to the end. */
function receive(log: readonly RunEvent[], deliveries: readonly Delivery[]): RunEvent[] {
  const continuity = createContinuity(0);
  const received: RunEvent[] = [];
  for (const { back, ahead, count, compacted } of deliveries) {
    const last = continuity.last ?? 0;
    const start = ahead > 0 ? last + ahead : Math.max(0, last - back);
    const slice = log.slice(start, start + count);
    const { events, gap } = continuity.take(compacted ? compact(slice) : slice);
    expect(gap).toBe(ahead > 0 && slice.length > 0);
    received.push(...events);
  }
  received.push(...continuity.take(log.slice(continuity.last)).events);
  return received;
}

interface Delivery {
  back: number;
  ahead: number;
  count: number;
  compacted: boolean;
}

function expectPartition(events: readonly RunEvent[], last: number): void {
  let next = 1;
  for (const event of events) {
    expect(event.from ?? event.seq).toBe(next);
    next = event.seq + 1;
  }
  expect(next).toBe(last + 1);
}

describe("continuity of a watch", () => {
  test("repeats, overlaps and holes in whole events end in exactly the log", () => {
    fc.assert(
      fc.property(arbitraryClosedLog(), arbitraryDeliveries(fc.constant(false)), (log, deliveries) => {
        expect(receive(log, deliveries)).toEqual(log);
      }),
    );
  });

  test("with compacted replays in between, the ranges partition the log and the view is the same", () => {
    fc.assert(
      fc.property(arbitraryClosedLog(), arbitraryDeliveries(fc.boolean()), (log, deliveries) => {
        const received = receive(log, deliveries);
        expectPartition(received, log.length);
        expect(fold(received)).toEqual(fold(log));
      }),
    );
  });

  test("events of unknown types are not handed on and leave no hole", () => {
    fc.assert(
      fc.property(arbitraryClosedLog(), fc.infiniteStream(fc.boolean()), (log, coin) => {
        const mixed = log.map((event, index) => (index < log.length - 1 && coin.next().value ? foreign(event) : event));
        const received = receive(mixed, []);
        expectPartition(received, log.length);
        expect(received.map((event) => event.seq)).toEqual(
          mixed.filter((event) => !isForeign(event)).map((event) => event.seq),
        );
      }),
    );
  });

  test("an event whose range was seen in part begins after what was seen", () => {
    const continuity = createContinuity(4);
    const { events, gap } = continuity.take([token({ from: 2, seq: 6 }), token({ seq: 7 })]);
    expect(gap).toBe(false);
    expect(events).toEqual([token({ from: 5, seq: 6 }), token({ seq: 7 })]);
    expect(continuity.last).toBe(7);
  });

  test("a hole in the middle of a batch stops there, and what came before it counts", () => {
    const continuity = createContinuity(0);
    const { events, gap } = continuity.take([token({ seq: 1 }), token({ seq: 3 }), token({ seq: 4 })]);
    expect(gap).toBe(true);
    expect(events).toEqual([token({ seq: 1 })]);
    expect(continuity.last).toBe(1);
    expect(continuity.take([token({ seq: 2 }), token({ seq: 3 })]).events).toHaveLength(2);
  });

  test("without a known position, the first event sets it", () => {
    const continuity = createContinuity(undefined);
    expect(continuity.last).toBeUndefined();
    expect(continuity.take([token({ from: 7, seq: 9 })]).events).toEqual([token({ from: 7, seq: 9 })]);
    expect(continuity.take([token({ seq: 11 })]).gap).toBe(true);
  });
});

const FOREIGN = "weather_report";

function foreign(event: RunEvent): RunEvent {
  return { ...event, type: FOREIGN } as unknown as RunEvent;
}

function isForeign(event: RunEvent): boolean {
  return (event.type as string) === FOREIGN;
}

function token({ from, seq }: { from?: number; seq: number }): RunEvent {
  const bare: RunEvent = {
    type: "token",
    runId: "run",
    seq,
    at: 0,
    stage: "architecture",
    iteration: 0,
    attempt: 1,
    channel: "output",
    offset: 0,
    text: "x",
  };
  return from === undefined ? bare : withFrom(bare, from);
}
