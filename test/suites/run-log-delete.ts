import { describe, expect, test } from "vitest";
import { createTails } from "../../server/src/log/tail.js";
import { watch } from "../../server/src/engine/watch.js";
import { longRun, playLog } from "./run-log-played.js";
import { appendTokens, createRun, eventsOf, readAll, summaryOf, token } from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

export function deleteBehaviours(open: () => Promise<LogFixture>): void {
  describe("delete", () => {
    test("nothing of the run is left, and the others are as they were, also after a reopen", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const gone = await playLog(log, longRun("gone", 40), { batch: 2 });
      const kept = await playLog(log, longRun("kept", 40), { batch: 2 });
      await log.delete(gone.runId);
      for (const reopened of [false, true]) {
        const from = reopened ? await fixture.reopen() : log;
        expect(await from.head("gone")).toBeUndefined();
        expect(await from.summary("gone")).toBeUndefined();
        expect(await from.runSize("gone")).toBeUndefined();
        expect(await readAll(from, "gone")).toEqual([]);
        expect((await from.list({})).runs.map(({ runId }) => runId)).toEqual(["kept"]);
        expect((await from.closedRuns({ limit: 10 })).map(({ runId }) => runId)).toEqual(["kept"]);
        expect((await from.changes(0, 10)).map(({ summary }) => summary.runId)).toEqual(["kept"]);
        expect(eventsOf(await readAll(from, "kept"))).toEqual(kept.events);
        await expect(from.claim("gone")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
        await expect(from.delete("gone")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
      }
    });

    test("an open run is refused, whole or compacted", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const { runId, events, epoch } = await playLog(log, longRun("a", 40, { closed: false }), { batch: 2 });
      await expect(log.delete(runId)).rejects.toMatchObject({ code: "INTERNAL" });
      await log.compact({ runId, epoch });
      await expect(log.delete(runId)).rejects.toMatchObject({ code: "INTERNAL" });
      expect(await log.head(runId)).toEqual({ epoch, seq: events.length, closed: false });
    });

    test("revisions go on growing, also over a reopen, and the idempotency key is free again", async () => {
      await using fixture = await open();
      await playLog(fixture.log, longRun("old", 4), { batch: 4 });
      const [start, ...rest] = longRun("newest", 4);
      if (start?.type !== "run_start") throw new Error("a run begins with run_start");
      await fixture.log.create({ start, summary: summaryOf("newest"), idempotencyKey: "key" });
      await fixture.log.append({ runId: "newest", epoch: 1, events: rest, summary: summaryOf("newest") });
      const revision = await fixture.log.revision();
      const heard: unknown[] = [];
      fixture.log.subscribeChanges((change) => heard.push(change));
      await fixture.log.delete("newest");
      expect(heard).toEqual([]);
      expect(await fixture.log.revision()).toBe(revision);
      const log = await fixture.reopen();
      expect(await log.revision()).toBe(revision);
      expect(await createRun(log, "next", { idempotencyKey: "key" })).toMatchObject({ runId: "next", created: true });
      expect((await log.changes(revision, 10)).map(({ summary }) => summary.runId)).toEqual(["next"]);
    });

    test("a watcher, and a cursor, of a run that is deleted meanwhile get RUN_NOT_FOUND and not silence", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const big = "x".repeat(1_500_000);
      await createRun(log, "a");
      await log.append({ runId: "a", epoch: 1, events: [token("a", 2, big)] });
      await log.append({ runId: "a", epoch: 1, events: [token("a", 3, big)] });
      const [, ...end] = longRun("a", 1);
      const events = end.map((event, index) => ({ ...event, seq: 4 + index }));
      await log.append({ runId: "a", epoch: 1, events });
      const watching = watch(log, createTails(log), { runId: "a", signal: new AbortController().signal });
      expect((await watching.next()).value?.events.at(-1)?.seq).toBe(2);
      await log.delete("a");
      await expect(watching.next()).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
      const late = watch(log, createTails(log), { runId: "a", cursor: "1-2", signal: new AbortController().signal });
      await expect(late.next()).rejects.toMatchObject({ code: "RUN_NOT_FOUND", message: /deleted it/ });
    });

    test("deleted while it is compacted: one of both wins, and nothing of it is left", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const { runId, epoch } = await playLog(log, longRun("a", 6_000), { batch: 1 });
      const compaction = log.compact({ runId, epoch });
      await log.delete(runId);
      await expect(compaction).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
      await playLog(log, longRun("b", 10, { closed: false }), { batch: 4 });
      expect(await readAll(log, "a")).toEqual([]);
      expect((await log.size()).bytes).toBe((await log.runSize("b"))?.bytes);
    });
  });

  describe("closed runs and sizes", () => {
    test("closedRuns: by their end and id, in pages; uncompacted ones alone until they are compacted at their end", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const ends = { b: 3_000, c: 1_000, a: 1_000, d: 2_000 };
      for (const [runId, at] of Object.entries(ends)) await playLog(log, longRun(runId, 4, { at }), { batch: 5 });
      await playLog(log, longRun("open", 4, { closed: false }), { batch: 5 });
      const pages: string[][] = [];
      for (let after: { closedAt: number; runId: string } | undefined; ;) {
        const page = await log.closedRuns({ limit: 2, ...(after && { after }) });
        if (page.length === 0) break;
        for (const { runId, bytes } of page) expect(bytes).toBe((await log.runSize(runId))?.bytes);
        pages.push(page.map(({ runId }) => runId));
        after = page.at(-1);
      }
      expect(pages).toEqual([
        ["a", "c"],
        ["d", "b"],
      ]);
      expect((await log.closedRuns({ limit: 1 }))[0]?.closedAt).toBe(1_000 + longRun("a", 4).length);

      await log.compact({ runId: "open", epoch: 1 });
      await log.compact({ runId: "d", epoch: 1 });
      for (const reopened of [false, true]) {
        const from = reopened ? await fixture.reopen() : log;
        const loose = await from.closedRuns({ limit: 10, uncompacted: true });
        expect(loose.map(({ runId }) => runId)).toEqual(["a", "c", "b"]);
      }
    });

    test("a run that was compacted while it was open counts as uncompacted when it has ended", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const events = longRun("a", 40);
      const { epoch } = await playLog(log, events.slice(0, -2), { batch: 4 });
      await log.compact({ runId: "a", epoch });
      await log.append({ runId: "a", epoch, events: events.slice(-2) });
      expect(await log.closedRuns({ limit: 10, uncompacted: true })).toHaveLength(1);
      await log.compact({ runId: "a", epoch });
      expect(await log.closedRuns({ limit: 10, uncompacted: true })).toEqual([]);
      expect(await log.closedRuns({ limit: 10 })).toHaveLength(1);
    });

    test("size counts what is stored, over all runs", async () => {
      await using fixture = await open();
      const { log } = fixture;
      expect(await log.size()).toMatchObject({ runs: 0, closedRuns: 0, bytes: 0 });
      expect(await log.runSize("a")).toBeUndefined();
      await playLog(log, longRun("a", 400), { batch: 1 });
      await createRun(log, "b");
      await appendTokens(log, "b", 2, 9);
      const stored = async (runId: string) => {
        const sizes = (await readAll(log, runId)).map(({ events }) => Buffer.byteLength(JSON.stringify(events)));
        return { entries: sizes.length, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
      };
      for (const runId of ["a", "b"]) expect(await log.runSize(runId)).toEqual(await stored(runId));
      await log.compact({ runId: "a", epoch: 1 });
      const [a, b] = [await stored("a"), await stored("b")];
      expect(await log.runSize("a")).toEqual(a);
      const size = await log.size();
      expect(size).toMatchObject({ runs: 2, closedRuns: 1, bytes: a.bytes + b.bytes });
      expect(size.storeBytes).toBeGreaterThan(size.bytes);
      await log.delete("a");
      expect(await log.size()).toMatchObject({ runs: 1, closedRuns: 0, bytes: b.bytes });
    });
  });
}
