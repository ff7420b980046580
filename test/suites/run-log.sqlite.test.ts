import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import { describe, expect, test } from "vitest";
import { openSqliteLog } from "../../server/src/log/index.js";
import type { LogEntry, RunLog } from "../../server/src/log/index.js";
import { createSubscribers } from "../../server/src/log/subscribers.js";
import { runLogSuite } from "./run-log.js";
import { appendTokens, createRun, range, readAll, seqsOf, summaryOf, token } from "./run-log-support.js";
import type { LogFixture } from "./run-log-support.js";

runLogSuite("sqlite", openFixture);

describe("sqlite only", () => {
  test("a folder in use is refused with the owner's pid, and is free after its dispose", async () => {
    await using fixture = await openFixture();
    await expect(openSqliteLog({ dir: fixture.dir })).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringMatching(/is in use by this very process: stop it or use --data/) as string,
    });
    await createRun(fixture.log, "a");
    await fixture.log[Symbol.asyncDispose]();
    await using again = await openSqliteLog({ dir: fixture.dir });
    expect(await again.openRuns()).toEqual(["a"]);
  });

  test("kill -9 in the middle of appends: the folder is free, what was heard or acknowledged is there, without a gap", async () => {
    await using folder = temporaryFolder();
    await using writer = startWriter(folder.dir);
    const acknowledged = new Map<string, number>();
    let lines = 0;
    for await (const line of createInterface({ input: writer.child.stdout })) {
      const [runId = "", seq = ""] = line.split(" ");
      acknowledged.set(runId, Number(seq));
      if (++lines === 100) {
        await expect(openSqliteLog({ dir: folder.dir })).rejects.toMatchObject({
          code: "DATA_UNAVAILABLE",
          message: expect.stringContaining(`is in use by pid ${writer.child.pid}: stop it or use --data`) as string,
        });
      }
      // Lines that were on their way still come after the kill, and count.
      if (lines === 2_000) writer.child.kill("SIGKILL");
    }
    expect(await writer.ended).toBe("SIGKILL");
    expect(lines).toBeGreaterThanOrEqual(2_000);

    await using log = await openSqliteLog({ dir: folder.dir });
    expect(acknowledged.size).toBe(5);
    for (const [runId, seq] of acknowledged) {
      const seqs = seqsOf(await readAll(log, runId));
      expect(seqs).toEqual(range(1, seqs.length));
      expect(seqs.length).toBeGreaterThanOrEqual(seq);
      const { epoch } = await log.claim(runId);
      await appendTokens(log, runId, seqs.length + 1, seqs.length + 1, { epoch });
    }
  });

  test("a path that cannot be a folder is named as not writable", async () => {
    await using folder = temporaryFolder();
    const file = join(folder.dir, "file");
    writeFileSync(file, "");
    const dir = join(file, "data");
    await expect(openSqliteLog({ dir })).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringContaining(`${dir} is not writable: ENOTDIR`) as string,
    });
  });

  test("a database that SQLite cannot create is named as not writable, and nothing stays locked", async () => {
    await using folder = temporaryFolder();
    // A folder where the database file should be: fails for root as well.
    const dir = join(folder.dir, "data");
    await (await openSqliteLog({ dir }))[Symbol.asyncDispose]();
    rmSync(join(dir, "runs.db"));
    mkdirSync(join(dir, "runs.db"));
    await expect(openSqliteLog({ dir })).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringContaining(`${dir} is not writable`) as string,
    });
    rmSync(join(dir, "runs.db"), { recursive: true });
    await using log = await openSqliteLog({ dir });
    expect(await log.openRuns()).toEqual([]);
  });

  test("a file that is no database, and a database of a newer version, are refused and left alone", async () => {
    await using folder = temporaryFolder();
    const file = join(folder.dir, "runs.db");
    writeFileSync(file, "no database ".repeat(1_000));
    await expect(openSqliteLog({ dir: folder.dir })).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringContaining("is damaged or is not stagewire's") as string,
    });
    rmSync(file);
    const newer = new Database(file);
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    await expect(openSqliteLog({ dir: folder.dir })).rejects.toMatchObject({
      code: "DATA_UNAVAILABLE",
      message: expect.stringContaining("written by a newer stagewire (schema 99; this one knows 3)") as string,
    });
    const after = new Database(file);
    expect(after.prepare("SELECT count(*) FROM sqlite_schema").raw().get([])).toEqual([0]);
    after.close();
  });

  test("a dispose leaves one whole database file and no pid file", async () => {
    await using fixture = await openFixture();
    await createRun(fixture.log, "a");
    await fixture.log[Symbol.asyncDispose]();
    expect(readdirSync(fixture.dir)).not.toContain("runs.pid");
    await using folder = temporaryFolder();
    const file = join(folder.dir, "copy.db");
    copyFileSync(join(fixture.dir, "runs.db"), file);
    const copy = new Database(file);
    expect(copy.prepare("PRAGMA integrity_check").raw().get([])).toEqual(["ok"]);
    expect(copy.prepare("SELECT run_id FROM runs").raw().all([])).toEqual([["a"]]);
    copy.close();
  });

  test("a statement that fails rejects the whole group with LOG_UNAVAILABLE and rolls it back; the next one passes", async () => {
    await using fixture = await openFixture();
    const { log } = fixture;
    await createRun(log, "a");
    await createRun(log, "b");
    const foreign = new Database(join(fixture.dir, "runs.db"));
    foreign.exec(`CREATE TRIGGER fault BEFORE INSERT ON entries WHEN new.first_seq = 3
      BEGIN SELECT RAISE(ABORT, 'fault of the test'); END`);
    const heard: LogEntry[] = [];
    log.subscribe("a", (entry) => heard.push(entry));
    const revision = await log.revision();
    const results = await Promise.allSettled([
      appendTokens(log, "a", 2, 2, { summary: summaryOf("a", { status: "failed" }) }),
      appendTokens(log, "a", 3, 3),
      appendTokens(log, "b", 2, 2),
      log.claim("b"),
    ]);
    for (const result of results) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "LOG_UNAVAILABLE" } });
    }
    expect(heard).toEqual([]);
    expect(await log.revision()).toBe(revision);
    expect(await log.summary("a")).toEqual(summaryOf("a"));
    expect(await log.head("a")).toEqual({ epoch: 1, seq: 1, closed: false });
    expect(await log.head("b")).toEqual({ epoch: 1, seq: 1, closed: false });

    foreign.exec("DROP TRIGGER fault");
    foreign.close();
    await Promise.all([appendTokens(log, "a", 2, 2), appendTokens(log, "a", 3, 3)]);
    expect(seqsOf(heard)).toEqual([2, 3]);
  });

  test("appends of one event-loop turn are one transaction, over all runs", async () => {
    await using fixture = await openFixture();
    const { log } = fixture;
    const runs = range(1, 20).map((number) => `run-${number}`);
    await Promise.all(runs.map((runId) => createRun(log, runId)));
    const order: string[] = [];
    for (const runId of runs) log.subscribe(runId, () => order.push(runId));
    const whenHeard: number[] = [];
    await Promise.all(runs.map((runId) => appendTokens(log, runId, 2, 3).then(() => whenHeard.push(order.length))));
    expect(order).toEqual(runs);
    // Nobody's promise resolves before everything of the transaction is published: there was just one.
    expect(whenHeard).toEqual(runs.map(() => 20));
  });

  test("reading does not hold up the WAL", async () => {
    await using fixture = await openFixture();
    const { log } = fixture;
    await createRun(log, "a");
    const events = (seq: number) => [token("a", seq, "x".repeat(20_000))];
    for (let seq = 2; seq <= 1_001; seq++) {
      await log.append({ runId: "a", epoch: 1, events: events(seq) });
      await log.read("a", { after: seq - 2, maxBytes: 1 });
      await Promise.all([log.head("a"), log.summary("a"), log.list({}), log.changes(0, 1)]);
    }
    // 20 MB were written; a WAL that is checkpointed and begun anew stays near 4 MB.
    expect(statSync(join(fixture.dir, "runs.db-wal")).size).toBeLessThan(10_000_000);
  });

  test("what a listener throws goes to onListenerError", async () => {
    await using folder = temporaryFolder();
    const errors: unknown[] = [];
    await using log = await openSqliteLog({ dir: folder.dir, onListenerError: (error) => errors.push(error) });
    log.subscribe("a", () => {
      throw new Error("on purpose");
    });
    await createRun(log, "a");
    expect(errors).toEqual([new Error("on purpose")]);
  });

  test("subscriptions leave nothing behind", () => {
    const subscribers = createSubscribers<number>(() => {});
    const unsubscribes = range(1, 100).map((number) => subscribers.add(`run-${number % 10}`, () => {}));
    expect(subscribers.size).toBe(10);
    for (const unsubscribe of unsubscribes) unsubscribe();
    expect(subscribers.size).toBe(0);
  });
});

interface SqliteFixture extends LogFixture {
  readonly dir: string;
}

async function openFixture(): Promise<SqliteFixture> {
  const folder = temporaryFolder();
  const options = { dir: join(folder.dir, "data"), onListenerError: () => {} };
  let log: RunLog = await openSqliteLog(options);
  return {
    dir: options.dir,
    get log() {
      return log;
    },
    async reopen() {
      await log[Symbol.asyncDispose]();
      log = await openSqliteLog(options);
      return log;
    },
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
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

/** Appends to five runs without end, and prints `<runId> <seq>` when a listener hears of it and when it is acknowledged. */
const WRITER = `
  const { openSqliteLog } = await import(process.env.LOG_MODULE);
  const log = await openSqliteLog({ dir: process.env.LOG_DIR });
  const stage = { at: 1, type: "token", stage: "s", iteration: 0, attempt: 1, channel: "output", offset: 0 };
  const pipeline = { id: "build", title: "Build", stages: [] };
  async function write(runId) {
    const start = { runId, seq: 1, at: 1, type: "run_start", task: "t", pipeline, options: {} };
    const summary = { runId, status: "running", title: "t", pipeline: "build", createdAt: 1, updatedAt: 1 };
    log.subscribe(runId, ({ events }) => process.stdout.write(runId + " " + events.at(-1).seq + "\\n"));
    await log.create({ start, summary });
    for (let seq = 1; ; seq += 2) {
      const events = [1, 2].map((step) => ({ ...stage, runId, seq: seq + step, text: "token ".repeat(50) }));
      await log.append({ runId, epoch: 1, events });
      process.stdout.write(runId + " " + (seq + 2) + "\\n");
    }
  }
  for (const runId of ["a", "b", "c", "d", "e"]) void write(runId);
`;

/** A process of its own with the built log, as the server would be; killed on dispose. */
function startWriter(dir: string) {
  const built = new URL("../../server/dist/log/index.js", import.meta.url);
  if (!existsSync(fileURLToPath(built))) throw new Error("server/dist is missing: run `npx tsc -b server` first");
  const child = spawn(process.execPath, ["--input-type=module", "--eval", WRITER], {
    env: { ...process.env, LOG_MODULE: built.href, LOG_DIR: dir },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = signalOf(child);
  return {
    child,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function signalOf(child: ChildProcess): Promise<unknown> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return signal ?? code;
}
