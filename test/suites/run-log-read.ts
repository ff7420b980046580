import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../server/src/log/index.js";
import {
  appendTokens,
  complete,
  createRun,
  follow,
  range,
  readAll,
  seqsOf,
  startEvent,
  summaryOf,
  token,
} from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

export function readBehaviours(open: () => Promise<LogFixture>): void {
  describe("read", () => {
    test("entries come back as they were appended, from any position, uncut", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      await appendTokens(log, "a", 2, 4);
      await appendTokens(log, "a", 5, 5);
      await appendTokens(log, "a", 6, 8);
      expect((await readAll(log, "a")).map((entry) => seqsOf([entry]))).toEqual([[1], [2, 3, 4], [5], [6, 7, 8]]);
      const firstSeqs: (number | undefined)[] = [];
      for (let after = 0; after <= 9; after++) firstSeqs.push(seqsOf(await log.read("a", { after }))[0]);
      expect(firstSeqs).toEqual([1, 2, 2, 2, 5, 6, 6, 6, undefined, undefined]);
    });

    test("runs do not see each other's events", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await Promise.all([createRun(log, "a"), createRun(log, "b")]);
      await Promise.all([appendTokens(log, "a", 2, 9), appendTokens(log, "b", 2, 3)]);
      expect(await log.read("b", { after: 1 })).toEqual([{ epoch: 1, events: [token("b", 2), token("b", 3)] }]);
    });

    test("maxBytes stops after the entry that reaches it, and at least one entry is read", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      for (let seq = 2; seq <= 400; seq++) {
        const text = "x".repeat(1_000 * (seq % 3));
        void log.append({ runId: "a", epoch: 1, events: [token("a", seq, text)] });
      }
      await appendTokens(log, "a", 401, 401);
      const sizes = (await readAll(log, "a")).map((entry) => Buffer.byteLength(JSON.stringify(entry.events)));
      for (const maxBytes of [0, 1, 1_500, 20_000, 150_000]) {
        let after = 0;
        while (after < 401) {
          const entries = await log.read("a", { after, maxBytes });
          let bytes = 0;
          let expected = 0;
          do bytes += sizes[after + expected++] ?? 0;
          while (bytes < maxBytes && after + expected < 401);
          expect(seqsOf(entries)).toEqual(range(after + 1, after + expected));
          after += expected;
        }
      }
    });

    test("maxBytes counts bytes, not characters", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a", { start: startEvent("a", "語".repeat(1_000)) });
      await appendTokens(log, "a", 2, 2);
      expect(await log.read("a", { after: 0, maxBytes: 2_500 })).toHaveLength(1);
      expect(await log.read("a", { after: 0, maxBytes: 5_000 })).toHaveLength(2);
    });

    test("a reopen keeps everything", async () => {
      await using fixture = await open();
      await createRun(fixture.log, "a");
      await appendTokens(fixture.log, "a", 2, 40, { summary: summaryOf("a", { fraction: 0.5 }) });
      await fixture.log.claim("a");
      await fixture.log.append({ runId: "a", epoch: 2, events: [complete("a", 41)] });
      const before = {
        entries: await readAll(fixture.log, "a"),
        head: await fixture.log.head("a"),
        summary: await fixture.log.summary("a"),
        revision: await fixture.log.revision(),
        changes: await fixture.log.changes(0, 10),
      };
      const log = await fixture.reopen();
      expect({
        entries: await readAll(log, "a"),
        head: await log.head("a"),
        summary: await log.summary("a"),
        revision: await log.revision(),
        changes: await log.changes(0, 10),
      }).toEqual(before);
      expect(before.head).toEqual({ epoch: 2, seq: 41, closed: true });
    });
  });

  describe("subscribe", () => {
    test("a listener hears what is committed after its call, the creation included, of its run only", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const early: LogEntry[] = [];
      const late: LogEntry[] = [];
      log.subscribe("a", (entry) => early.push(entry));
      await Promise.all([createRun(log, "a"), createRun(log, "b")]);
      await Promise.all([appendTokens(log, "a", 2, 3), appendTokens(log, "b", 2, 3)]);
      log.subscribe("a", (entry) => late.push(entry));
      await log.claim("a");
      await appendTokens(log, "a", 4, 4, { epoch: 2 });
      expect(early).toEqual(await readAll(log, "a"));
      expect(late).toEqual([{ epoch: 2, events: [token("a", 4)] }]);
    });

    test("persist, then publish: what a listener hears can be read already", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const reads: Promise<{ heard: number; read: number; head: number }>[] = [];
      log.subscribe("a", (entry) => {
        const heard = entry.events.at(-1)?.seq ?? 0;
        const calls = Promise.all([log.read("a", { after: 0 }), log.head("a")]);
        reads.push(
          calls.then(([entries, head]) => ({ heard, read: seqsOf(entries).at(-1) ?? 0, head: head?.seq ?? 0 })),
        );
      });
      await Promise.all(range(2, 30).map((seq) => appendTokens(log, "a", seq, seq)));
      const results = await Promise.all(reads);
      expect(results.map(({ heard }) => heard)).toEqual(range(2, 30));
      for (const { heard, read, head } of results) {
        expect(read).toBeGreaterThanOrEqual(heard);
        expect(head).toBeGreaterThanOrEqual(heard);
      }
    });

    test("a refused append is not published", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const heard: LogEntry[] = [];
      log.subscribe("a", (entry) => heard.push(entry));
      await Promise.allSettled([
        appendTokens(log, "a", 2, 2, { epoch: 0 }),
        appendTokens(log, "a", 3, 3),
        appendTokens(log, "a", 2, 2),
      ]);
      expect(seqsOf(heard)).toEqual([2]);
    });

    test("after unsubscribing nothing is heard, at once and of one's own subscription only", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const heard = { first: [] as number[], second: [] as number[] };
      const unsubscribe = log.subscribe("a", (entry) => {
        heard.first.push(...seqsOf([entry]));
        unsubscribe();
        unsubscribe();
      });
      const second = (entry: LogEntry) => heard.second.push(...seqsOf([entry]));
      const unsubscribeSecond = log.subscribe("a", second);
      log.subscribe("a", second);
      await Promise.all([appendTokens(log, "a", 2, 2), appendTokens(log, "a", 3, 3)]);
      unsubscribeSecond();
      await appendTokens(log, "a", 4, 4);
      expect(heard).toEqual({ first: [2], second: [2, 2, 3, 3, 4] });
    });

    test("who subscribes inside a listener does not hear that entry, and misses none that follow", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const heard: number[] = [];
      const unsubscribe = log.subscribe("a", () => {
        unsubscribe();
        log.subscribe("a", (entry) => heard.push(...seqsOf([entry])));
      });
      await appendTokens(log, "a", 2, 2);
      await appendTokens(log, "a", 3, 3);
      await appendTokens(log, "a", 4, 4);
      expect(heard).toEqual([3, 4]);
    });

    test("a reader that subscribes, then reads, misses and repeats nothing while a writer appends", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const last = 601;
      const readers: Promise<number[]>[] = [];
      const appends: Promise<void>[] = [];
      for (let first = 2; first <= last; first += 4) {
        appends.push(appendTokens(log, "a", first, first + 3));
        if (first % 12 === 2) readers.push(follow(log, "a", last, 200 + first));
        if (first % 8 === 2) await new Promise(setImmediate);
        if (first % 20 === 2) await Promise.all(appends);
      }
      await Promise.all(appends);
      expect(readers.length).toBeGreaterThan(40);
      for (const seen of await Promise.all(readers)) expect(seen).toEqual(range(1, last));
    });

    test("a listener that throws harms nobody else", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const heard: number[] = [];
      const fail = () => {
        throw new Error("a listener that fails on purpose");
      };
      log.subscribe("a", fail);
      log.subscribeChanges(fail);
      log.subscribe("a", (entry) => heard.push(...seqsOf([entry])));
      log.subscribeChanges(() => heard.push(0));
      await appendTokens(log, "a", 2, 2, { summary: summaryOf("a") });
      await appendTokens(log, "a", 3, 3);
      expect(heard).toEqual([2, 0, 3]);
    });
  });
}
