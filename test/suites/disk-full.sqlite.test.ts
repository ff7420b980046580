import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSqliteLog } from "../../server/src/log/index.js";
import type { LogEntry, LogFull, RunLog } from "../../server/src/log/index.js";
import { mountTinyDisk, NO_TINY_DISK, TINY_DISK_SKIP } from "../support/tiny-disk.js";
import { appendTokens, createRun, readAll, seqsOf, startEvent, summaryOf, token } from "./run-log-support.js";

const refused = {
  code: "LOG_UNAVAILABLE",
  message: expect.stringMatching(/disk .* is full.*free some room/) as string,
};

/** Appends to run `a` until the disk is full; resolves with what is in the log then. */
async function appendUntilFull(log: RunLog, from = 2): Promise<number> {
  for (let seq = from; ; seq++) {
    try {
      await log.append({ runId: "a", epoch: 1, events: [token("a", seq, "x".repeat(10_000))] });
    } catch (error) {
      expect(error).toMatchObject(refused);
      return seq - 1;
    }
  }
}

describe.skipIf(NO_TINY_DISK !== undefined)(`sqlite on a disk that is full${TINY_DISK_SKIP}`, () => {
  test("rejects the whole group, publishes nothing, and goes on by itself where there is room after all", async () => {
    await using disk = mountTinyDisk(2);
    await using log = await openSqliteLog({ dir: join(disk.dir, "data") });
    await createRun(log, "a");
    await createRun(log, "b");
    const heard: LogEntry[] = [];
    const changes: unknown[] = [];
    log.subscribe("a", (entry) => heard.push(entry));
    log.subscribe("b", (entry) => heard.push(entry));
    log.subscribeChanges((change) => changes.push(change));
    const revision = await log.revision();

    const results = await Promise.allSettled([
      appendTokens(log, "b", 2, 2, { summary: summaryOf("b", { fraction: 0.5 }) }),
      log.append({ runId: "a", epoch: 1, events: [token("a", 2, "x".repeat(8_000_000))] }),
      log.create({ start: startEvent("c"), summary: summaryOf("c") }),
    ]);
    for (const result of results) expect(result).toMatchObject({ status: "rejected", reason: refused });
    expect(heard).toEqual([]);
    expect(changes).toEqual([]);
    expect(await log.revision()).toBe(revision);
    expect(seqsOf(await readAll(log, "a"))).toEqual([1]);
    expect(seqsOf(await readAll(log, "b"))).toEqual([1]);
    expect(await log.head("c")).toBeUndefined();

    // One append was larger than the disk: the disk is not full without it.
    await log.full()?.over;
    await appendTokens(log, "a", 2, 2);
    await appendTokens(log, "b", 2, 2);
    expect(seqsOf(heard)).toEqual([2, 2]);
  });

  test("takes what is urgent from its reserve, refuses the rest, reads on, and makes a new reserve when there is room", async () => {
    await using disk = mountTinyDisk(4);
    const told: LogFull[] = [];
    const dir = join(disk.dir, "data");
    await using log = await openSqliteLog({ dir, onFull: (full) => told.push(full) });
    await log.create({ start: startEvent("a"), summary: summaryOf("a"), idempotencyKey: "key" });
    await createRun(log, "b");
    const reserve = join(dir, "runs.reserve");
    expect(statSync(reserve).size).toBe(256 * 1_024);
    expect(log.full()).toBeUndefined();
    disk.fill();

    const last = await appendUntilFull(log);
    const full = log.full();
    expect(full?.error).toMatchObject(refused);
    expect(told).toEqual([full]);
    expect(existsSync(reserve)).toBe(false);
    // Whatever else takes the room that there was.
    await expect(appendTokens(log, "b", 2, 2)).rejects.toMatchObject(refused);
    await expect(createRun(log, "c")).rejects.toMatchObject(refused);
    await expect(
      log.create({ start: startEvent("d"), summary: summaryOf("d"), idempotencyKey: "key" }),
    ).resolves.toMatchObject({ runId: "a", created: false });
    expect(seqsOf(await readAll(log, "a")).at(-1)).toBe(last);
    const { epoch } = await log.claim("a");
    await log.append({ runId: "a", epoch, events: [token("a", last + 1, "why")], urgent: true });
    expect((await log.head("a"))?.seq).toBe(last + 1);

    disk.free();
    await full?.over;
    expect(log.full()).toBeUndefined();
    expect(told).toHaveLength(1);
    expect(existsSync(reserve)).toBe(true);
    await log.append({ runId: "a", epoch, events: [token("a", last + 2, "on")] });
    await appendTokens(log, "b", 2, 2);
  });

  test("works without a reserve where there is no room for one: then nothing is stored, until there is room", async () => {
    await using disk = mountTinyDisk(4);
    const dir = join(disk.dir, "data");
    {
      await using first = await openSqliteLog({ dir });
      await createRun(first, "a");
    }
    disk.fill();
    await using log = await openSqliteLog({ dir });
    const last = await appendUntilFull(log);
    const full = log.full();
    // Something else takes the reserve's room before anything urgent can.
    disk.fill();
    await expect(
      log.append({ runId: "a", epoch: 1, events: [token("a", last + 1, "x".repeat(200_000))], urgent: true }),
    ).rejects.toMatchObject(refused);
    expect(log.full()).toBe(full);
    disk.free();
    await full?.over;
    await log.append({ runId: "a", epoch: 1, events: [token("a", last + 1, "on")] });
  });

  test("a disk that is full at the start costs the reserve, and without one it is said what to do", async () => {
    await using disk = mountTinyDisk(4);
    const dir = join(disk.dir, "data");
    disk.fill();
    await expect(openSqliteLog({ dir })).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringMatching(/disk of .* is full: free some room on it, then start again/) as string,
    });
    disk.free();
    {
      await using log = await openSqliteLog({ dir });
      await createRun(log, "a");
    }
    disk.fill();
    await using log = await openSqliteLog({ dir });
    expect(await log.openRuns()).toEqual(["a"]);
    disk.free();
    await log.full()?.over;
    await appendTokens(log, "a", 2, 2);
  });
});
