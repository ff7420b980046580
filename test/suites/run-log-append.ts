import { describe, expect, test } from "vitest";
import type { LogEntry } from "../../server/src/log/index.js";
import {
  appendTokens,
  complete,
  createRun,
  eventsOf,
  range,
  readAll,
  seqsOf,
  summaryOf,
  token,
} from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

export function appendBehaviours(open: () => Promise<LogFixture>): void {
  describe("append", () => {
    test("gaps, repetitions, foreign events and empty batches are refused and leave nothing", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      await appendTokens(log, "a", 2, 3);
      const wrong = [
        [],
        [token("a", 5)],
        [token("a", 3)],
        [token("a", 2), token("a", 3), token("a", 4)],
        [token("a", 4), token("a", 6)],
        [token("a", 4), token("a", 4)],
        [token("a", 4), token("b", 5)],
        [complete("a", 4), token("a", 5)],
      ];
      for (const events of wrong) {
        await expect(log.append({ runId: "a", epoch: 1, events })).rejects.toMatchObject({ code: "INTERNAL" });
      }
      expect(seqsOf(await readAll(log, "a"))).toEqual([1, 2, 3]);
      await appendTokens(log, "a", 4, 4);
    });

    test("an epoch that nobody was given is refused", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      await expect(appendTokens(log, "a", 2, 2, { epoch: 2 })).rejects.toMatchObject({ code: "INTERNAL" });
      expect(await log.head("a")).toMatchObject({ epoch: 1, seq: 1 });
    });

    test("nothing follows run_complete, under any epoch", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      await log.append({ runId: "a", epoch: 1, events: [token("a", 2), complete("a", 3)] });
      await expect(appendTokens(log, "a", 4, 4)).rejects.toMatchObject({ code: "INTERNAL" });
      const { epoch } = await log.claim("a");
      await expect(appendTokens(log, "a", 4, 4, { epoch })).rejects.toMatchObject({ code: "INTERNAL" });
      expect(seqsOf(await readAll(log, "a"))).toEqual([1, 2, 3]);
    });

    test("one refused append does not fail the others that are under way", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      await createRun(log, "b");
      const results = await Promise.allSettled([
        appendTokens(log, "a", 2, 2),
        appendTokens(log, "nobody", 2, 2),
        appendTokens(log, "a", 9, 9),
        appendTokens(log, "b", 2, 2, { epoch: 0 }),
        appendTokens(log, "b", 2, 2),
        appendTokens(log, "a", 3, 3),
      ]);
      expect(
        results.map((result) => (result.status === "fulfilled" ? "ok" : (result.reason as { code: string }).code)),
      ).toEqual(["ok", "RUN_NOT_FOUND", "INTERNAL", "FENCED", "ok", "ok"]);
      expect(seqsOf(await readAll(log, "a"))).toEqual([1, 2, 3]);
      expect(seqsOf(await readAll(log, "b"))).toEqual([1, 2]);
    });

    test("a refused append leaves the summary as it was", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const before = await log.revision();
      const append = appendTokens(log, "a", 9, 9, { summary: summaryOf("a", { status: "failed" }) });
      await expect(append).rejects.toMatchObject({ code: "INTERNAL" });
      expect(await log.summary("a")).toEqual(summaryOf("a"));
      expect(await log.revision()).toBe(before);
    });

    test("appends that are called in order are committed and published in order, on 50 runs at once", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const runs = Array.from({ length: 50 }, (_, index) => `run-${index}`);
      await Promise.all(runs.map((runId) => createRun(log, runId)));
      const heard = new Map(runs.map((runId) => [runId, [] as number[]]));
      for (const runId of runs) {
        log.subscribe(runId, (entry) => heard.get(runId)?.push(...entry.events.map((event) => event.seq)));
      }
      const appends: Promise<void>[] = [];
      for (let first = 2; first <= 60; first += 3) {
        for (const runId of runs) appends.push(appendTokens(log, runId, first, first + 2));
        // Some of one event-loop turn, some of another.
        if (first % 4 === 0) await new Promise(setImmediate);
      }
      await Promise.all(appends);
      for (const runId of runs) {
        expect(heard.get(runId)).toEqual(range(2, 61));
        expect(seqsOf(await readAll(log, runId))).toEqual(range(1, 61));
      }
    });

    test("text survives as it is, surrogate pairs split over events included", async () => {
      await using fixture = await open();
      const texts = [
        "\ud83d",
        "\ude00",
        "plain",
        "\0\u0001\u007f\u2028\u2029",
        "\ufeff\ufffe\uffff",
        "\ud83d\ude00",
        '"\\\n\r\t',
        "\udc00\ud800",
        "e\u0301é",
        "",
      ];
      await createRun(fixture.log, "a");
      const batches = [texts.slice(0, 1), texts.slice(1, 4), texts.slice(4)];
      let seq = 2;
      for (const batch of batches) {
        await fixture.log.append({ runId: "a", epoch: 1, events: batch.map((text) => token("a", seq++, text)) });
      }
      const log = await fixture.reopen();
      const read = eventsOf(await readAll(log, "a")).slice(1);
      expect(read.map((event) => event.type === "token" && utf16(event.text))).toEqual(
        texts.map((text) => utf16(text)),
      );
    });

    test("the caller may reuse its array: what was appended stays what it was", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const heard: LogEntry[] = [];
      log.subscribe("a", (entry) => heard.push(entry));
      const events = [token("a", 2), token("a", 3)];
      const append = log.append({ runId: "a", epoch: 1, events });
      events.length = 0;
      await append;
      expect(seqsOf(await readAll(log, "a"))).toEqual([1, 2, 3]);
      expect(seqsOf(heard)).toEqual([2, 3]);
    });

    test("dispose waits for appends under way; then every call is refused, and a second dispose is fine", async () => {
      await using fixture = await open();
      const log = fixture.log;
      await createRun(log, "a");
      let appended = false;
      const append = appendTokens(log, "a", 2, 500).then(() => (appended = true));
      await log[Symbol.asyncDispose]();
      // Time for promises that are settled already to say so, not for anything else to happen.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      expect(appended).toBe(true);
      await append;
      await log[Symbol.asyncDispose]();
      const calls = [
        createRun(log, "b"),
        log.claim("a"),
        appendTokens(log, "a", 501, 501),
        log.head("a"),
        log.read("a", { after: 0 }),
        log.list({}),
        log.summary("a"),
        log.openRuns(),
        log.changes(0, 10),
        log.revision(),
        log.compact({ runId: "a", epoch: 1 }),
        log.delete("a"),
        log.closedRuns({ limit: 1 }),
        log.size(),
        log.runSize("a"),
      ];
      for (const result of await Promise.allSettled(calls)) {
        expect(result).toMatchObject({ status: "rejected", reason: { code: "LOG_UNAVAILABLE" } });
      }
      expect(seqsOf(await readAll(await fixture.reopen(), "a"))).toEqual(range(1, 500));
    });
  });
}

function utf16(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}
