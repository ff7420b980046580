import { isDeepStrictEqual } from "node:util";
import { compact, type RunEvent } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LogEntry, RunLog } from "../../server/src/log/index.js";
import { createTails } from "../../server/src/log/tail.js";
import { watch } from "../../server/src/engine/watch.js";
import { arbitraryClosedLog, arbitraryLog } from "../support/arbitrary-log.js";
import { checkLog, fold } from "../support/check-log.js";
import { longRun, playLog, type Played } from "./run-log-played.js";
import { createRun, eventsOf, readAll } from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

export function compactBehaviours(open: () => Promise<LogFixture>): void {
  describe("compact", () => {
    test("leaves the compaction of the whole, the same fold, head and summary, and tells nobody", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const { runId, events, epoch } = await playLog(log, longRun("a", 5_000), { batch: 2, claims: [700, 6_000] });
      const before = {
        head: await log.head(runId),
        summary: await log.summary(runId),
        revision: await log.revision(),
        size: await log.runSize(runId),
      };
      const heard: unknown[] = [];
      log.subscribe(runId, (entry) => heard.push(entry));
      log.subscribeChanges((change) => heard.push(change));

      await log.compact({ runId, epoch });
      const entries = await readAll(log, runId);
      same(eventsOf(entries), compact(events));
      same(checkLog(eventsOf(entries)), fold(events));
      expect(heard).toEqual([]);
      expect(await log.head(runId)).toEqual(before.head);
      expect(await log.summary(runId)).toEqual(before.summary);
      expect(await log.revision()).toBe(before.revision);
      expect(before.size?.entries).toBeGreaterThan(2_500);
      const size = await log.runSize(runId);
      expect(size?.entries).toBe(entries.length);
      expect(size?.entries).toBeLessThan(30);
      expect(size?.bytes).toBeLessThan((before.size?.bytes ?? 0) / 4);

      await log.compact({ runId, epoch });
      expect(await readAll(log, runId)).toEqual(entries);
      const reopened = await fixture.reopen();
      expect(await readAll(reopened, runId)).toEqual(entries);
      expect(await reopened.head(runId)).toEqual(before.head);
      expect(await reopened.runSize(runId)).toEqual(size);
    });

    test("each event that stays keeps its epoch, and a cursor at any position gives the same fold", async () => {
      await using fixture = await open();
      let number = 0;
      const property = fc.asyncProperty(
        arbitraryClosedLog(),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        async (events, batch, claims) => {
          const runId = `run-${++number}`;
          const named = events.map((event) => ({ ...event, runId }));
          const played = await playLog(fixture.log, named, { batch, claims: claims.map((at) => at % named.length) });
          await fixture.log.compact(played);
          for (const { epoch, events: kept } of await readAll(fixture.log, runId)) {
            for (const { seq } of kept) expect(epoch).toBe(played.epochs[seq]);
          }
          for (let seq = 0; seq < named.length; seq++) await expectCursor(fixture.log, played, seq);
        },
      );
      await fc.assert(property, { numRuns: 25 });
    }, 120_000);

    test("a wrong epoch is found out wherever an event ends; inside a range no epoch after its end's is taken", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const played = await playLog(log, longRun("a", 60), { batch: 3, claims: [30, 90] });
      await log.compact(played);
      const ends = new Map(
        (await readAll(log, "a")).flatMap(({ epoch, events }) => events.map(({ seq }) => [seq, epoch])),
      );
      expect(ends.size).toBe(5);
      for (let seq = 1; seq < played.events.length; seq++) {
        const last = ends.get([...ends.keys()].find((end) => end >= seq) ?? 0) ?? 0;
        const wrong = ends.has(seq) ? [last - 1, last + 1] : [last + 1];
        for (const epoch of wrong) {
          const first = watchFrom(log, "a", `${epoch}-${seq}`).next();
          await expect(first, `${epoch}-${seq}`).rejects.toMatchObject({ code: "CURSOR_UNRECOVERABLE" });
        }
      }
    });

    test("an open run goes on while and after it is compacted, is recovered from it, and its fold is the same", async () => {
      await using fixture = await open();
      let number = 0;
      const property = fc.asyncProperty(arbitraryLog(), fc.nat(), async (events, cut) => {
        const runId = `run-${++number}`;
        const named = events.map((event) => ({ ...event, runId }));
        const first = named.slice(0, 1 + (cut % named.length));
        const rest = named.slice(first.length);
        const { epoch } = await playLog(fixture.log, first, { batch: 2 });
        const { log } = fixture;
        await Promise.all([
          log.compact({ runId, epoch }),
          rest.length > 0 && log.append({ runId, epoch, events: rest }),
          log.compact({ runId, epoch }),
        ]);
        same(checkLog(eventsOf(await readAll(log, runId))), fold(named));
        const head = await log.claim(runId);
        expect(head.seq).toBe(named.length);
        await log.compact({ runId, epoch: head.epoch });
        same(eventsOf(await readAll(log, runId)), compact(named));
      });
      await fc.assert(property, { numRuns: 50 });
    }, 60_000);

    test("progress of a run that waits for hours takes no more room than that of one that waits for minutes", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      let seq = 1;
      const wait = async (seconds: number) => {
        for (let index = 0; index < seconds; index++) {
          void log.append({ runId: "a", epoch: 1, events: [waiting("a", ++seq)] });
        }
        await log.compact({ runId: "a", epoch: 1 });
        // What was appended in the same turn is not in that compaction.
        await log.compact({ runId: "a", epoch: 1 });
        return await log.runSize("a");
      };
      const first = await wait(300);
      const last = await wait(6_000);
      expect(last?.entries).toBe(first?.entries);
      expect(last?.bytes).toBeLessThan((first?.bytes ?? 0) + 100);
    });

    test("an older epoch, and one that nobody was given, are refused and change nothing", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const { runId, epoch } = await playLog(log, longRun("a", 30), { batch: 1 });
      await log.claim(runId);
      const before = await readAll(log, runId);
      await expect(log.compact({ runId, epoch })).rejects.toMatchObject({ code: "FENCED" });
      await expect(log.compact({ runId, epoch: epoch + 2 })).rejects.toMatchObject({ code: "FENCED" });
      expect(await readAll(log, runId)).toEqual(before);
      await log.compact({ runId, epoch: epoch + 1 });
      expect((await readAll(log, runId)).length).toBeLessThan(before.length);
    });

    test("one who takes a run over while it is compacted fences that compaction", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const { runId, epoch, events } = await playLog(log, longRun("a", 9_000), { batch: 1 });
      const compaction = log.compact({ runId, epoch });
      const refusal = compaction.catch((error: unknown) => error);
      await log.claim(runId);
      const size = await log.runSize(runId);
      expect(await refusal).toMatchObject({ code: "FENCED" });
      expect(await log.runSize(runId)).toEqual(size);
      same(checkLog(eventsOf(await readAll(log, runId))), fold(events));
    });

    test("a run that does not exist: RUN_NOT_FOUND", async () => {
      await using fixture = await open();
      const compaction = fixture.log.compact({ runId: "nobody", epoch: 1 });
      await expect(compaction).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    });

    test("watchers of a run that is appended to, taken over and compacted at once miss nothing: replay, hand-over, live", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const events = longRun("a", 1_500);
      const tails = createTails(log);
      const watchers: Promise<void>[] = [];
      let compactions: Promise<unknown> = Promise.resolve();
      const follow = async (from: number) => {
        const seen: RunEvent[] = [];
        const signal = new AbortController().signal;
        for await (const frame of watch(log, tails, { runId: "a", signal })) {
          seen.push(...frame.events);
          // Some are slower than the writer: they fall behind, and come back from the log.
          if (from % 3 === 0) await new Promise(setImmediate);
        }
        same(checkLog(seen), fold(events));
      };
      await playLog(log, events, {
        batch: 3,
        claims: [400, 900, 1_400],
        async between(seq, epoch) {
          if (seq % 60 === 2) watchers.push(follow(watchers.length));
          // One that is fenced by a claim did nothing, which is what it has to do.
          if (seq % 150 === 2) compactions = log.compact({ runId: "a", epoch }).catch(() => {});
          if (seq % 30 === 2) await new Promise(setImmediate);
        },
      });
      await compactions;
      expect(watchers.length).toBeGreaterThan(20);
      await Promise.all(watchers);
      expect(tails.size).toBe(0);
    }, 60_000);
  });
}

/** Watches from `seq` under the epoch that the event was written under: the rest of the log, to the same fold. */
async function expectCursor(log: RunLog, { runId, events, epochs }: Played, seq: number): Promise<void> {
  const rest: RunEvent[] = [];
  for await (const frame of watchFrom(log, runId, `${epochs[seq] ?? 0}-${seq}`)) rest.push(...frame.events);
  expect((rest[0]?.from ?? rest[0]?.seq) === seq + 1).toBe(true);
  same([...events.slice(0, seq), ...rest].reduce(checkedNext, { last: 0 }).last, events.length);
  same(fold([...events.slice(0, seq), ...rest]), fold(events));
}

function checkedNext({ last }: { last: number }, event: RunEvent): { last: number } {
  expect(event.from ?? event.seq).toBe(last + 1);
  return { last: event.seq };
}

function watchFrom(log: RunLog, runId: string, cursor: string) {
  return watch(log, createTails(log), { runId, cursor, signal: new AbortController().signal });
}

function waiting(runId: string, seq: number): LogEntry["events"][number] {
  return { runId, seq, at: seq, type: "progress", phase: "paused", elapsedMs: seq * 1_000, message: "Paused" };
}

/** As `expect(a).toStrictEqual(b)`, and fast enough to be asked thousands of times. */
function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected);
}
