import { describe, expect, test } from "vitest";
import { appendTokens, complete, createRun, readAll, seqsOf, startEvent, summaryOf } from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

export function createBehaviours(open: () => Promise<LogFixture>): void {
  describe("create and claim", () => {
    test("a run begins with its first event, under epoch 1", async () => {
      await using fixture = await open();
      const { log } = fixture;
      expect(await createRun(log, "a")).toEqual({ runId: "a", created: true, epoch: 1 });
      expect(await log.head("a")).toEqual({ epoch: 1, seq: 1, closed: false });
      expect(await readAll(log, "a")).toEqual([{ epoch: 1, events: [startEvent("a")] }]);
      expect(await log.summary("a")).toEqual(summaryOf("a"));
    });

    test("a run id that is taken is refused, and the run stays what it was", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const again = createRun(log, "a", { start: startEvent("a", "Another task") });
      await expect(again).rejects.toMatchObject({ code: "INTERNAL" });
      expect(await readAll(log, "a")).toEqual([{ epoch: 1, events: [startEvent("a")] }]);
    });

    test("a first event that is not number 1 is refused", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const create = createRun(log, "a", { start: { ...startEvent("a"), seq: 2 } });
      await expect(create).rejects.toMatchObject({ code: "INTERNAL" });
      expect(await log.head("a")).toBeUndefined();
    });

    test("an idempotency key creates one run, and names it from then on, also after a reopen", async () => {
      await using fixture = await open();
      await createRun(fixture.log, "a", { idempotencyKey: "key" });
      expect(await createRun(fixture.log, "b", { idempotencyKey: "key" })).toMatchObject({
        runId: "a",
        created: false,
      });
      const log = await fixture.reopen();
      expect(await createRun(log, "c", { idempotencyKey: "key" })).toMatchObject({ runId: "a", created: false });
      expect(await log.head("b")).toBeUndefined();
      expect(await log.head("c")).toBeUndefined();
      expect((await log.list({})).runs.map((run) => run.runId)).toEqual(["a"]);
    });

    test("20 creates at once with one key create one run", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => createRun(log, `run-${index}`, { idempotencyKey: "key" })),
      );
      expect(results.filter((result) => result.created)).toHaveLength(1);
      expect(new Set(results.map((result) => result.runId)).size).toBe(1);
      expect((await log.list({})).runs).toHaveLength(1);
    });

    test("keys that differ in anything are different, lone surrogates and NUL included", async () => {
      await using fixture = await open();
      const { log } = fixture;
      const keys = ["\ud83d", "\ud83e", "\ufffd", "a", "a\0b", "a\0c", "A", " a"];
      for (const [index, idempotencyKey] of keys.entries()) {
        expect(await createRun(log, `run-${index}`, { idempotencyKey })).toMatchObject({ created: true });
      }
      for (const [index, idempotencyKey] of keys.entries()) {
        expect(await createRun(log, "late", { idempotencyKey })).toMatchObject({ runId: `run-${index}` });
      }
    });

    test("runs without a key are never taken for one another", async () => {
      await using fixture = await open();
      const { log } = fixture;
      expect(await createRun(log, "a")).toMatchObject({ created: true });
      expect(await createRun(log, "b")).toMatchObject({ created: true });
    });

    test("a claim gives the next epoch and the head, and fences the owner before", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      await appendTokens(log, "a", 2, 4);
      expect(await log.claim("a")).toEqual({ epoch: 2, seq: 4, closed: false });
      await expect(appendTokens(log, "a", 5, 5, { epoch: 1 })).rejects.toMatchObject({ code: "FENCED" });
      await appendTokens(log, "a", 5, 5, { epoch: 2 });
      expect(await log.claim("a")).toEqual({ epoch: 3, seq: 5, closed: false });
      await expect(appendTokens(log, "a", 6, 6, { epoch: 2 })).rejects.toMatchObject({ code: "FENCED" });
      const epochs = (await readAll(log, "a")).map((entry) => entry.epoch);
      expect(epochs).toEqual([1, 1, 2]);
    });

    test("a claim from an epoch is refused once another is newer, and changes nothing then", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      expect(await log.claim("a", 1)).toMatchObject({ epoch: 2 });
      for (const from of [1, 3]) await expect(log.claim("a", from)).rejects.toMatchObject({ code: "FENCED" });
      await appendTokens(log, "a", 2, 2, { epoch: 2 });
      const claims = await Promise.allSettled([log.claim("a", 2), log.claim("a", 2), log.claim("a", 2)]);
      expect(claims.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
      await expect(log.claim("nobody", 1)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    });

    test("the fence holds after a reopen", async () => {
      await using fixture = await open();
      await createRun(fixture.log, "a");
      await fixture.log.claim("a");
      const log = await fixture.reopen();
      await expect(appendTokens(log, "a", 2, 2, { epoch: 1 })).rejects.toMatchObject({ code: "FENCED" });
      await appendTokens(log, "a", 2, 2, { epoch: 2 });
    });

    test("claims at once get different epochs, and only the last one's appends pass", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      const heads = await Promise.all(Array.from({ length: 5 }, () => log.claim("a")));
      expect(new Set(heads.map((head) => head.epoch))).toEqual(new Set([2, 3, 4, 5, 6]));
      const appends = await Promise.allSettled([2, 3, 4, 5, 6].map((epoch) => appendTokens(log, "a", 2, 2, { epoch })));
      expect(appends.map((append) => append.status)).toEqual([
        "rejected",
        "rejected",
        "rejected",
        "rejected",
        "fulfilled",
      ]);
    });

    test("a closed run is reported as closed by head and claim", async () => {
      await using fixture = await open();
      const { log } = fixture;
      await createRun(log, "a");
      await log.append({ runId: "a", epoch: 1, events: [complete("a", 2)] });
      expect(await log.head("a")).toEqual({ epoch: 1, seq: 2, closed: true });
      expect(await log.claim("a")).toMatchObject({ seq: 2, closed: true });
    });

    test("a run that does not exist: no head, no summary, nothing to read, RUN_NOT_FOUND for the rest", async () => {
      await using fixture = await open();
      const { log } = fixture;
      expect(await log.head("nobody")).toBeUndefined();
      expect(await log.summary("nobody")).toBeUndefined();
      expect(seqsOf(await readAll(log, "nobody"))).toEqual([]);
      await expect(log.claim("nobody")).rejects.toMatchObject({
        code: "RUN_NOT_FOUND",
        message: expect.stringContaining("nobody") as string,
      });
      await expect(appendTokens(log, "nobody", 2, 2)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    });
  });
}
