import { type FeedChange, openSqliteLog, type RunLog } from "@stagewire/server";
import type { RunSummary } from "@stagewire/shared";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { createRetention, type RetentionOptions } from "../../server/src/engine/retention.js";
import { checkLog, fold } from "../support/check-log.js";
import { cli } from "../support/cli-process.js";
import { openBareEngine } from "../support/engine.js";
import { answerOf, reach } from "../support/scene.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";
import { longRun, playLog } from "./run-log-played.js";
import { createRun, eventsOf, readAll, summaryOf } from "./run-log-support.js";

const DAY_MS = 86_400_000;

describe("compaction at rest", () => {
  test("a run that has ended is compacted, and marked so", async () => {
    const compacted = new Calls();
    await using bare = await openBareEngine({ restMs: 1, wrap: compacted.of("compact") });
    await bare.engine.control({ commandId: "c", runId: bare.runId, command: { type: "cancel", when: "now" } }, "test");
    expect((await compacted.next())[0]).toEqual({ runId: bare.runId, epoch: 1 });
  });

  test("an open run that changes for long is compacted again and again, where it is worked", async () => {
    await using store = await openStore();
    const compacted = new Calls();
    const heard: RunSummary[] = [];
    store.log.subscribeChanges(({ summary }: FeedChange) => heard.push(summary));
    await using _ = retain(compacted.on(store.log, "compact"), { worked: (runId) => runId === "here" });
    await Promise.all([createRun(store.log, "here"), createRun(store.log, "elsewhere")]);
    let seq = 1;
    for (let round = 1; round <= 4; round++) {
      const appends: Promise<void>[] = [];
      for (let index = 0; index < 300; index++, seq++) {
        for (const runId of ["here", "elsewhere"]) {
          const events = [paused(runId, seq + 1)];
          appends.push(store.log.append({ runId, epoch: 1, events, summary: summaryOf(runId) }));
        }
        // Apart from each other, as they are in life: what is changed in one turn counts as one change.
        await appends.at(-1);
      }
      await Promise.all(appends);
      expect((await compacted.next())[0]).toEqual({ runId: "here", epoch: 1 });
    }
    expect(compacted.calls).toHaveLength(0);
    expect((await store.log.runSize("here"))?.entries).toBeLessThan(310);
    expect((await store.log.runSize("elsewhere"))?.entries).toBe(1_201);
    expect(fold(eventsOf(await readAll(store.log, "here"))).progress).toMatchObject({ seq: 1_201, phase: "paused" });
  });

  test("what failed, or was left undone, is done at the next start; an open run is left alone there", async () => {
    await using store = await openStore();
    await playLog(store.log, longRun("a", 100), { batch: 2 });
    await playLog(store.log, longRun("b", 100), { batch: 2 });
    await playLog(store.log, longRun("open", 100, { closed: false }), { batch: 2 });
    const before = await readAll(store.log, "open");
    const failing = new Calls();
    const refuse = () => Promise.reject(new Error("on purpose"));
    {
      await using _ = retain(failing.on(store.log, "compact", refuse), {});
      expect([(await failing.next())[0], (await failing.next())[0]]).toMatchObject([{ runId: "a" }, { runId: "b" }]);
    }
    expect(await store.log.closedRuns({ limit: 9, uncompacted: true })).toHaveLength(2);
    const working = new Calls();
    await using _ = retain(working.on(store.log, "compact"), {});
    await working.next();
    await working.next();
    expect(await store.log.closedRuns({ limit: 9, uncompacted: true })).toEqual([]);
    expect(await readAll(store.log, "open")).toEqual(before);
  });
});

describe("deletion", () => {
  test("without limits nothing is deleted, however old", async () => {
    await using store = await openStore();
    await playLog(store.log, longRun("ancient", 10, { at: 0 }), { batch: 4 });
    const retention = retain(store.log, {});
    expect(await retention.usage()).toMatchObject({
      runs: 1,
      closedRuns: 1,
      oldest: { runId: "ancient" },
      retention: {},
      due: { runs: 0, bytes: 0 },
    });
    await retention[Symbol.asyncDispose]();
    expect((await store.log.size()).runs).toBe(1);
  });

  test("retentionDays counts from the end of a run; open runs are never deleted", async () => {
    await using store = await openStore();
    const ages = { old: 8, older: 30, young: 6 };
    for (const [runId, days] of Object.entries(ages)) {
      await playLog(store.log, longRun(runId, 10, { at: Date.now() - days * DAY_MS }), { batch: 4 });
    }
    await playLog(store.log, longRun("open", 10, { at: 0, closed: false }), { batch: 4 });
    const deleted = new Calls();
    await using retention = retain(deleted.on(store.log, "delete"), { retentionDays: 7 });
    expect([await deleted.next(), await deleted.next()]).toEqual([["older"], ["old"]]);
    expect((await store.log.list({})).runs.map(({ runId }) => runId).toSorted()).toEqual(["open", "young"]);
    expect(await retention.usage()).toMatchObject({ retention: { days: 7 }, due: { runs: 0 } });
  });

  test("maxRuns keeps those that ended last, when another one ends too", async () => {
    await using store = await openStore();
    for (const [index, runId] of ["a", "b", "c", "d"].entries()) {
      await playLog(store.log, longRun(runId, 10, { at: index }), { batch: 4 });
    }
    const deleted = new Calls();
    await using retention = retain(deleted.on(store.log, "delete"), { maxRuns: 2, restMs: 1 });
    expect([await deleted.next(), await deleted.next()]).toEqual([["a"], ["b"]]);
    const events = longRun("e", 10, { at: 9 });
    await createRun(store.log, "e");
    const summary = summaryOf("e", { status: "completed" });
    await store.log.append({ runId: "e", epoch: 1, events: events.slice(1), summary });
    expect(await deleted.next()).toEqual(["c"]);
    expect(await retention.usage()).toMatchObject({ retention: { maxRuns: 2 }, closedRuns: 2, due: { runs: 0 } });
  });

  test("one that does not lead deletes nothing, and does what is left once it leads", async () => {
    await using store = await openStore();
    for (const runId of ["a", "b"]) await playLog(store.log, longRun(runId, 10), { batch: 4 });
    const deleted = new Calls();
    let leads = false;
    await using retention = retain(deleted.on(store.log, "delete"), { maxRuns: 1, leads: () => leads });
    expect(await retention.usage()).toMatchObject({ runs: 2, due: { runs: 1 } });
    leads = true;
    retention.begin();
    expect(await deleted.next()).toEqual(["a"]);
  });

  test("usage tells what is due before it is deleted", async () => {
    await using store = await openStore();
    for (const runId of ["a", "b", "c"]) await playLog(store.log, longRun(runId, 10), { batch: 4 });
    const failing = new Calls();
    const refuse = () => Promise.reject(new Error("on purpose"));
    await using retention = retain(failing.on(store.log, "delete", refuse), { maxRuns: 1 });
    await failing.next();
    const bytes = (await store.log.closedRuns({ limit: 2 })).reduce((sum, run) => sum + run.bytes, 0);
    expect(await retention.usage()).toMatchObject({ runs: 3, due: { runs: 2, bytes } });
  });
});

describe("a server", () => {
  test("whose finished run is compacted: a late join and a cursor at every position give what runs.get says", async () => {
    await using store = await openStore();
    await using model = await startScriptedModel();
    const compacted = new Calls();
    const options = { openaiBaseUrl: model.baseUrl, model: "scripted" };
    let runId = "";
    let cursors: string[] = [];
    let full: Awaited<ReturnType<typeof readAll>> = [];
    {
      await using server = await startServer({ ...options, log: store.log });
      await using client = plainClient(server.url);
      ({ runId } = await client.trpc.runs.start.mutate({ task: "build it" }));
      const seen = client.watch(runId);
      model.answer(answerOf);
      await seen.ended;
      checkLog(seen.events);
      full = await readAll(store.log, runId);
      cursors = full.flatMap(({ epoch, events }) => events.map(({ seq }) => `${epoch}-${seq}`));
    }
    await using server = await startServer({ ...options, log: compacted.on(store.log, "compact") });
    await compacted.next();
    expect((await readAll(store.log, runId)).length).toBeLessThan(full.length / 4);
    await using client = plainClient(server.url);
    const view = await client.trpc.runs.get.query({ runId });
    expect(fold(eventsOf(full))).toEqual(view);
    const late = client.watch(runId);
    await late.ended;
    expect(checkLog(late.events)).toEqual(view);
    expect(cursors.length).toBeGreaterThan(30);
    for (const [index, lastEventId] of cursors.entries()) {
      const resumed = client.watch(runId, { lastEventId });
      await resumed.ended;
      const events = [...eventsOf(full).slice(0, index + 1), ...resumed.events];
      expect(checkLog(events), lastEventId).toEqual(view);
    }
  }, 60_000);

  test("goes on with an open run that was compacted, and the watcher from before with it", async () => {
    await using store = await openStore();
    await using model = await startScriptedModel();
    const options = { openaiBaseUrl: model.baseUrl, model: "scripted", log: store.log };
    let runId = "";
    let before: Parameters<typeof fold>[0] = [];
    let lastEventId = "";
    {
      await using server = await startServer(options);
      await using client = plainClient(server.url);
      ({ runId } = await client.trpc.runs.start.mutate({ task: "build it" }));
      const seen = client.watch(runId);
      const call = await reach(model, "implementation");
      for (const word of ["one ", "two ", "three "]) {
        call.write(word);
        await seen.until((event) => event.type === "token" && event.text.includes(word.trim()));
      }
      before = [...seen.events];
      lastEventId = seen.cursors.at(-1) ?? "";
    }
    const entries = (await readAll(store.log, runId)).length;
    await store.log.compact({ runId, epoch: 1 });
    expect((await readAll(store.log, runId)).length).toBeLessThan(entries);
    await using server = await startServer(options);
    await using client = plainClient(server.url);
    const resumed = client.watch(runId, { lastEventId });
    model.answer(answerOf);
    await resumed.ended;
    const view = await client.trpc.runs.get.query({ runId });
    expect(view).toMatchObject({ status: "completed" });
    expect(checkLog([...before, ...resumed.events])).toEqual(view);
    expect(view.steps.find(({ stage }) => stage === "implementation")).toMatchObject({
      attempt: 2,
      cause: "recovered",
    });
  });

  test("answers RUN_NOT_FOUND for a deleted run, whatever is asked, and says why that may be", async () => {
    await using store = await openStore();
    await using model = await startScriptedModel();
    await playLog(store.log, longRun("gone", 10), { batch: 4 });
    const deleted = new Calls();
    const log = deleted.on(store.log, "delete");
    await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "m", log, retentionDays: 1 });
    await deleted.next();
    await using client = plainClient(server.url);
    const answer = { message: expect.stringMatching(/^RUN_NOT_FOUND: .*Retention may have deleted it/) as string };
    await expect(client.trpc.runs.get.query({ runId: "gone" })).rejects.toMatchObject(answer);
    await expect(client.control("gone", { type: "resume" })).rejects.toMatchObject(answer);
    await expect(client.watch("gone").ended).rejects.toMatchObject(answer);
    await expect(client.watch("gone", { lastEventId: "1-5" }).ended).rejects.toMatchObject(answer);
    expect((await client.trpc.runs.list.query()).runs).toEqual([]);
  });

  test("tells what its log takes, on the wire and by `stagewire list --usage`", async () => {
    await using store = await openStore();
    await using model = await startScriptedModel();
    for (const runId of ["a", "b"]) await playLog(store.log, longRun(runId, 10), { batch: 4 });
    const log = store.log;
    await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "m", log, maxRuns: 2 });
    await using client = plainClient(server.url);
    const { bytes, storeBytes } = await store.log.size();
    const usage = await client.trpc.server.usage.query();
    expect(usage).toEqual({
      runs: 2,
      closedRuns: 2,
      bytes: expect.any(Number) as number,
      storeBytes: expect.any(Number) as number,
      oldest: { runId: "a", closedAt: 1_000 + longRun("a", 10).length },
      retention: { maxRuns: 2 },
      due: { runs: 0, bytes: 0 },
    });
    expect(usage.bytes).toBeLessThanOrEqual(bytes);
    expect(storeBytes).toBeGreaterThan(0);
    const env = { STAGEWIRE_URL: server.url };
    const { code, stdout, stderr } = await cli(["list", "--usage"], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^runs {6}2, 2 of them finished\n/);
    expect(stdout).toMatch(/\noldest {4}a, finished \d+ days ago\n/);
    expect(stdout).toMatch(/\ndeletes {3}beyond 2 finished runs\ndue now {3}nothing\n$/);
    const lines = (await cli(["list", "--usage", "--json"], { env })).stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { type: "hello" },
      { type: "usage", runs: 2, retention: { maxRuns: 2 } },
      { type: "exit", code: 0 },
    ]);
    expect(await cli(["list", "--usage", "--status", "failed"], { env })).toMatchObject({ code: 2 });
  }, 60_000);
});

/** Calls of one method of a log, handed out in order once each has come to its end, well or not. */
class Calls {
  readonly calls: unknown[][] = [];
  #waiting: ((call: unknown[]) => void) | undefined;

  next(): Promise<unknown[]> {
    const call = this.calls.shift();
    return call ? Promise.resolve(call) : new Promise((resolve) => (this.#waiting = resolve));
  }

  /** For `openBareEngine`. */
  of(wanted: string) {
    return (name: string, method: (...args: unknown[]) => unknown) =>
      name === wanted ? (...args: unknown[]) => this.#pass(method, args) : method;
  }

  /** The log, with this method watched, or with another one in its place. */
  on(log: RunLog, name: "compact" | "delete", instead?: () => Promise<void>): RunLog {
    const method = (instead ?? log[name]) as (...args: unknown[]) => unknown;
    return new Proxy(log, {
      get: (target, key) =>
        key === name ? (...args: unknown[]) => this.#pass(method, args) : (Reflect.get(target, key) as unknown),
    });
  }

  async #pass(method: (...args: unknown[]) => unknown, args: unknown[]): Promise<unknown> {
    try {
      return await method(...args);
    } finally {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting) waiting(args);
      else this.calls.push(args);
    }
  }
}

function retain(log: RunLog, options: Partial<RetentionOptions>) {
  const logger = pino({ level: "silent" });
  const retention = createRetention({ log, logger, worked: () => true, ...options });
  retention.begin();
  return { ...retention, [Symbol.asyncDispose]: () => retention.close() };
}

async function openStore(): Promise<AsyncDisposable & { readonly log: RunLog }> {
  const folder = await temporaryFolder();
  const log = await openSqliteLog({ dir: folder.path });
  return {
    log,
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function paused(runId: string, seq: number) {
  return { runId, seq, at: seq, type: "progress", phase: "paused", elapsedMs: seq, message: "Paused" } as const;
}
