import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { compact } from "@stagewire/shared";
import Database from "libsql";
import { describe, expect, test } from "vitest";
import { openSqliteLog } from "../../server/src/log/index.js";
import { checkLog, fold } from "../support/check-log.js";
import { longRun, playLog } from "./run-log-played.js";
import { eventsOf, readAll, summaryOf } from "./run-log-support.js";

describe("retention in SQLite", () => {
  test("kill -9 in the middle of a compaction loses nothing, and the next one completes it", async () => {
    await using folder = temporaryFolder();
    const events = longRun("a", 9_000);
    writeFileSync(join(folder.dir, "events.json"), JSON.stringify(events));
    const heard = await killedInCompaction(folder.dir);

    await using log = await openSqliteLog({ dir: join(folder.dir, "data") });
    // What a listener was told before the crash is in the log after it.
    expect(heard).toBe(events.length);
    const left = await readAll(log, "a");
    expect(left.length).toBeGreaterThan(100);
    expect(left.length).toBeLessThan(events.length - 1_000);
    expect(checkLog(eventsOf(left))).toStrictEqual(fold(events));
    expect(await log.closedRuns({ limit: 10, uncompacted: true })).toHaveLength(1);
    const stored = left.reduce((sum, entry) => sum + Buffer.byteLength(JSON.stringify(entry.events)), 0);
    expect(await log.runSize("a")).toEqual({ entries: left.length, bytes: stored });

    await log.compact({ runId: "a", epoch: 1 });
    expect(eventsOf(await readAll(log, "a"))).toStrictEqual(compact(events));
    expect(await log.closedRuns({ limit: 10, uncompacted: true })).toEqual([]);
  }, 60_000);

  test("compaction and deletion give room back to the disk, and leave the database whole", async () => {
    await using folder = temporaryFolder();
    const file = join(folder.dir, "runs.db");
    const log = await openSqliteLog({ dir: folder.dir });
    const filler = "x".repeat(1_000);
    const runs = ["a", "b", "c", "d"];
    for (const runId of runs) {
      const events = longRun(runId, 6_000).map((event) =>
        event.type === "progress" ? { ...event, message: filler.repeat(4) } : event,
      );
      await playLog(log, events, { batch: 3 });
    }
    const before = await log.size();
    expect(before.bytes).toBeGreaterThan(8_000_000);
    for (const runId of runs) await log.compact({ runId, epoch: 1 });
    await log.delete("a");
    expect(await log.size()).toMatchObject({ runs: 3, closedRuns: 3 });
    await log[Symbol.asyncDispose]();
    // 4 MiB are kept for runs that come.
    expect(statSync(file).size).toBeLessThan(6_000_000);
    const db = new Database(file);
    expect(db.prepare("PRAGMA integrity_check").raw().get([])).toEqual(["ok"]);
    expect(db.prepare("SELECT count(*) FROM entries WHERE run NOT IN (SELECT number FROM runs)").raw().get([])).toEqual(
      [0],
    );
    db.close();
  });

  test("a folder of schema 2 learns to keep places", async () => {
    await using folder = temporaryFolder();
    const first = await openSqliteLog({ dir: folder.dir });
    const { events } = await playLog(first, longRun("a", 40), { batch: 4 });
    await first[Symbol.asyncDispose]();
    const db = new Database(join(folder.dir, "runs.db"));
    db.exec("DROP TABLE readers; DROP TABLE places; PRAGMA user_version = 2");
    db.close();
    const log = await openSqliteLog({ dir: folder.dir });
    expect(eventsOf(await readAll(log, "a"))).toStrictEqual(events);
    expect(await log.place("r")).toBeUndefined();
    await log.keepPlace({ reader: "r", revision: 1, runs: new Map([["a", 4]]) });
    expect(await log.place("r")).toEqual({ revision: 1, runs: new Map([["a", 4]]) });
    await log[Symbol.asyncDispose]();
  });

  test("a folder of schema 1 is brought up to date: sizes, ends, and what is to be compacted", async () => {
    await using folder = temporaryFolder();
    const closed = longRun("closed", 40);
    const open = longRun("open", 40, { closed: false });
    writeVersion1(folder.dir, [closed, open]);
    for (let time = 0; time < 2; time++) {
      const log = await openSqliteLog({ dir: folder.dir });
      const entries = await readAll(log, "closed");
      expect(checkLog(eventsOf(entries))).toStrictEqual(fold(closed));
      const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(JSON.stringify(entry.events)), 0);
      expect(await log.closedRuns({ limit: 10 })).toEqual([{ runId: "closed", closedAt: 5_000, bytes }]);
      expect(await log.runSize("closed")).toEqual({ entries: entries.length, bytes });
      expect(await log.closedRuns({ limit: 10, uncompacted: true })).toHaveLength(time === 0 ? 1 : 0);
      expect(await log.openRuns()).toEqual(["open"]);
      expect(await log.place("r")).toBeUndefined();
      expect(await log.revision()).toBe(2);
      await log.compact({ runId: "closed", epoch: 1 });
      await log[Symbol.asyncDispose]();
    }
  });
});

/** Writes `events.json`, compacts it, and kills itself as soon as a part of it is compacted and a part is not. */
const COMPACTOR = `
  import { readFileSync } from "node:fs";
  const { openSqliteLog } = await import(process.env.LOG_MODULE);
  const events = JSON.parse(readFileSync(process.env.FOLDER + "/events.json", "utf8"));
  const log = await openSqliteLog({ dir: process.env.FOLDER + "/data" });
  const summary = { runId: "a", status: "running", title: "t", pipeline: "build", createdAt: 1, updatedAt: 1 };
  let heard = 0;
  log.subscribe("a", (entry) => (heard = entry.events.at(-1).seq));
  await log.create({ start: events[0], summary });
  await Promise.all(events.slice(1).map((event) => log.append({ runId: "a", epoch: 1, events: [event] })));
  process.stdout.write(String(heard));
  void log.compact({ runId: "a", epoch: 1 }).then(() => process.exit(0));
  for (;;) {
    await new Promise(setImmediate);
    const { entries } = await log.runSize("a");
    if (entries < events.length - 3000) process.kill(process.pid, "SIGKILL");
  }
`;

/** Resolves with the last event that a listener was told. */
async function killedInCompaction(dir: string): Promise<number> {
  const built = new URL("../../server/dist/log/index.js", import.meta.url);
  if (!existsSync(fileURLToPath(built))) throw new Error("server/dist is missing: run `npx tsc -b server` first");
  const child = spawn(process.execPath, ["--input-type=module", "--eval", COMPACTOR], {
    env: { ...process.env, LOG_MODULE: built.href, FOLDER: dir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said, [, signal]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(signal).toBe("SIGKILL");
  return Number(said);
}

function writeVersion1(dir: string, runs: ReturnType<typeof longRun>[]): void {
  const db = new Database(join(dir, "runs.db"));
  db.exec(`
    CREATE TABLE runs (number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, epoch INTEGER NOT NULL,
      head_seq INTEGER NOT NULL, closed INTEGER NOT NULL, status TEXT NOT NULL, created_at REAL NOT NULL,
      summary TEXT NOT NULL, revision INTEGER NOT NULL, idempotency_key TEXT UNIQUE) STRICT;
    CREATE INDEX runs_by_age ON runs (created_at, run_id);
    CREATE INDEX runs_by_status ON runs (status, created_at, run_id);
    CREATE INDEX runs_open ON runs (created_at, number) WHERE closed = 0;
    CREATE UNIQUE INDEX runs_by_revision ON runs (revision);
    CREATE TABLE entries (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, epoch INTEGER NOT NULL,
      first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, events TEXT NOT NULL) STRICT;
    CREATE UNIQUE INDEX entries_by_run ON entries (run, last_seq);
    PRAGMA user_version = 1;
  `);
  const run = db.prepare("INSERT INTO runs VALUES (?, ?, 1, ?, ?, 'completed', 1, ?, ?, NULL)");
  const entry = db.prepare("INSERT INTO entries (run, epoch, first_seq, last_seq, events) VALUES (?, 1, ?, ?, ?)");
  for (const [index, events] of runs.entries()) {
    const { runId = "" } = events[0] ?? {};
    const closed = events.at(-1)?.type === "run_complete" ? 1 : 0;
    const summary = JSON.stringify(summaryOf(runId, { updatedAt: 5_000 }));
    run.run([index + 1, runId, events.length, closed, summary, index + 1]);
    for (const event of events) entry.run([index + 1, event.seq, event.seq, JSON.stringify([event])]);
  }
  db.close();
}

function temporaryFolder(): AsyncDisposable & { readonly dir: string } {
  const dir = mkdtempSync(join(tmpdir(), "stagewire-log-"));
  return {
    dir,
    async [Symbol.asyncDispose]() {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
