import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RunEvent } from "@stagewire/shared";
import {
  createEngine,
  definePipeline,
  openSqliteLog,
  type ModelDriver,
  type Pipeline,
  type RunLog,
} from "@stagewire/server";
import { pino } from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openBareEngine } from "../support/engine.js";
import { bring } from "../support/moments.js";
import { answerOf, is, isEnd, of, openScene } from "../support/scene.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

afterEach(() => void vi.useRealTimers());

/** A pipeline of one stage whose prompt is what somebody without types may write. */
function badPipeline(prompt: unknown): Pipeline {
  return definePipeline({ id: "bad", title: "Bad", stages: [{ id: "say", title: "Say", prompt: prompt as () => [] }] });
}

describe("a prompt that is wrong ends its run, and says why", () => {
  test.each([
    { what: "async", prompt: async ({ task }: { task: string }) => [{ role: "user", content: task }] },
    { what: "a text", prompt: ({ task }: { task: string }) => task },
    { what: "a message without content", prompt: () => [{ role: "user" }] },
    { what: "nothing", prompt: () => undefined },
  ])("$what", async ({ prompt }) => {
    await using model = await startScriptedModel();
    model.answer(() => "fine");
    await using server = await startServer({
      openaiBaseUrl: model.baseUrl,
      model: "x",
      pipelines: [badPipeline(prompt)],
    });
    await using client = plainClient(server.url);
    const { runId } = await client.trpc.runs.start.mutate({ task: "hello", pipeline: "bad" });
    const seen = client.watch(runId);
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });
    expect(of(seen.events, "error")).toMatchObject([
      { code: "CONFIG_INVALID", fatal: true, message: expect.stringMatching(/"say".*prompt|prompt.*"say"/) as string },
    ]);
    expect(model.calls).toEqual([]);
  });
});

test("a run that fails in the same way over and over is ended, and can be read afterwards", async () => {
  const nothing = {
    info: { kind: "openai" as const, name: "nothing" },
    generate: () => Promise.resolve(),
    [Symbol.asyncDispose]: async () => {},
  };
  await using bare = await openBareEngine({ model: nothing as unknown as ModelDriver });
  const events: RunEvent[] = [];
  for await (const frame of bare.engine.watch({ runId: bare.runId, signal: AbortSignal.timeout(25_000) }))
    events.push(...frame.events);
  expect(events.at(-1)).toMatchObject({ type: "run_complete", outcome: "failed" });
  expect(of(events, "error")).toMatchObject([{ code: "INTERNAL", fatal: true }]);
  expect(await bare.engine.get(bare.runId)).toMatchObject({ status: "failed" });
});

test("a fork whose parent can't be found any more is ended, and its commands are answered", async () => {
  let hidden = "";
  let looks = 0;
  await using bare = await openBareEngine({
    // The start still finds it.
    wrap:
      (name, method) =>
      (...args) =>
        name === "read" && args[0] === hidden && ++looks > 1 ? Promise.resolve([]) : method(...args),
  });
  hidden = bare.runId;
  const { runId } = await bare.engine.start({
    task: "again",
    parent: { runId: bare.runId, fromStage: "architecture" },
  });
  const ack = bare.engine
    .control({ commandId: "c", runId, command: { type: "pause" } }, "me")
    .catch((error: { code: string }) => error.code);
  const events: RunEvent[] = [];
  for await (const frame of bare.engine.watch({ runId, signal: AbortSignal.timeout(25_000) }))
    events.push(...frame.events);
  expect(events.at(-1)).toMatchObject({ type: "run_complete", outcome: "failed" });
  expect(of(events, "error")).toMatchObject([
    { code: "RUN_NOT_FOUND", fatal: true, message: expect.stringContaining(bare.runId) as string },
  ]);
  expect(await ack).toBe("LOG_UNAVAILABLE");
});

describe("an engine that is closed while it takes runs up", () => {
  test("closes, with a paused run among them", async () => {
    await using folder = await temporaryFolder();
    await using model = await startScriptedModel();
    const { createModel, configSchema } = await import("@stagewire/server");
    await using driver = await createModel(configSchema.parse({ openaiBaseUrl: model.baseUrl, model: "x" }));
    await using log = await openSqliteLog({ dir: folder.path });
    const options = {
      log,
      model: driver,
      pipelines: [badPipeline(() => [])],
      maxConcurrentRuns: 1,
      maxAttempts: 1,
      maxTaskBytes: 1_000,
      maxRefinements: 3,
      prices: {},
      abandonedAfterMs: 60_000,
      logger: pino({ level: "silent" }),
    };
    const first = await createEngine(options);
    await first.start({ task: "hello", options: { gates: ["say"] } });
    await first.close();
    const second = await createEngine(options);
    await second.close();
    const [runId = ""] = await log.openRuns();
    expect(await log.head(runId)).toMatchObject({ closed: false });
  }, 5_000);
});

test("an engine that is closed has no model call open any more", async () => {
  let open = 0;
  const slow: ModelDriver = {
    info: { kind: "openai", name: "slow" },
    async generate({ signal }) {
      open++;
      await once(signal, "abort");
      await nextTurn();
      await nextTurn();
      open--;
      throw signal.reason;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  await using bare = await openBareEngine({ model: slow });
  await vi.waitFor(() => expect(open).toBe(1));
  await bare.engine.close();
  expect(open).toBe(0);
});

test("progress goes on when the clock is set back", async () => {
  await using scene = await openScene();
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(1_800_000_000_000);
  const { seen } = await scene.start();
  await scene.reach("architecture");
  await seen.until(is("progress", { phase: "waiting" }));
  vi.setSystemTime(1_800_000_000_000 - 3_600_000);
  const before = seen.events.length;
  await vi.waitFor(() => expect(seen.events.length).toBeGreaterThan(before), { timeout: 4_000 });
}, 10_000);

test("a feed whose reader leaves while the log is read ends", async () => {
  await using folder = await temporaryFolder();
  await using log = await openSqliteLog({ dir: folder.path });
  const left = new AbortController();
  const slow: RunLog = {
    ...log,
    async changes() {
      left.abort();
      return [];
    },
  };
  const { feed } = await import("../../server/src/engine/feed.js");
  expect(await feed(slow, { signal: left.signal }).next()).toMatchObject({ done: true });
}, 5_000);

test("a watch whose reader leaves while the log is read ends", async () => {
  await using folder = await temporaryFolder();
  await using log = await openSqliteLog({ dir: folder.path });
  const left = new AbortController();
  let reads = 0;
  const slow: RunLog = {
    ...log,
    async read(runId, options) {
      const entries = await log.read(runId, options);
      if (++reads === 2) left.abort();
      return entries;
    },
  };
  const { watch } = await import("../../server/src/engine/watch.js");
  const { createTails } = await import("../../server/src/log/tail.js");
  const start = {
    type: "run_start" as const,
    runId: "r",
    seq: 1,
    at: 1,
    task: "t",
    pipeline: { id: "p", title: "P", stages: [] },
    options: {},
  };
  await log.create({
    start,
    summary: { runId: "r", status: "queued", title: "t", pipeline: "p", createdAt: 1, updatedAt: 1 },
  });
  const frames = watch(slow, createTails(log), { runId: "r", signal: left.signal });
  await frames.next();
  expect(await frames.next()).toMatchObject({ done: true });
}, 5_000);

test("stages may be called like things that every object has", async () => {
  await using model = await startScriptedModel();
  model.answer((call) => `answer of ${call.body.model}`);
  const say = (id: string) => ({
    id,
    title: id,
    prompt: ({ outputs }: { outputs: Readonly<Record<string, string>> }) => [
      { role: "user" as const, content: JSON.stringify(Object.entries(outputs)) },
    ],
  });
  const odd = definePipeline({ id: "odd", title: "Odd", stages: [say("__proto__"), say("constructor"), say("last")] });
  await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "x", pipelines: [odd] });
  await using client = plainClient(server.url);
  const { runId } = await client.trpc.runs.start.mutate({
    task: "hello",
    pipeline: "odd",
    options: { models: { last: "y" } },
  });
  const seen = client.watch(runId);
  expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed", output: "answer of y" });
  expect(of(seen.events, "stage_start").map((event) => event.model)).toEqual(["x", "x", "y"]);
  expect(model.calls.at(-1)?.body.messages[0]?.content).toBe(
    JSON.stringify([
      ["__proto__", "answer of x"],
      ["constructor", "answer of x"],
    ]),
  );
});

describe("a fork from a place that there is not", () => {
  test.each([
    { fromStage: "refinement", iteration: 600 },
    { fromStage: "refinement", iteration: 11 },
    { fromStage: "implementation", iteration: 2 },
  ])("$fromStage $iteration is refused", async (parent) => {
    await using scene = await openScene();
    scene.model.answer(answerOf);
    const { runId, seen } = await scene.start();
    await seen.until(isEnd);
    await expect(
      scene.client.trpc.runs.start.mutate({ task: "again", parent: { runId, ...parent } }),
    ).rejects.toMatchObject({ data: { reason: "INVALID_INPUT" } });
  });

  test("a fork from beyond where its parent got is refused, and told from where it can be made", async () => {
    await using scene = await openScene();
    const { runId, seen } = await scene.start();
    await scene.reach("implementation");
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await seen.until(isEnd);
    const fork = (fromStage: string) =>
      scene.client.trpc.runs.start.mutate({ task: "again", parent: { runId, fromStage } });
    await expect(fork("documentation")).rejects.toMatchObject({
      data: { reason: "INVALID_INPUT" },
      message: expect.stringContaining('"implementation"') as string,
    });
    expect(await fork("implementation")).toMatchObject({ created: true });
  });

  test("a fork from behind the iteration in which its parent was cancelled is refused too", async () => {
    await using scene = await openScene();
    const { runId, seen } = await bring(scene, "refinement 1, mid-stream");
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await seen.until(isEnd);
    const fork = (parent: { fromStage: string; iteration?: number }) =>
      scene.client.trpc.runs.start.mutate({ task: "again", parent: { runId, ...parent } });
    for (const beyond of [
      { fromStage: "review", iteration: 1 },
      { fromStage: "refinement", iteration: 2 },
      { fromStage: "review", iteration: 3 },
      { fromStage: "documentation" },
    ]) {
      await expect(fork(beyond)).rejects.toMatchObject({
        data: { reason: "INVALID_INPUT" },
        message: expect.stringContaining('"refinement" (iteration 1)') as string,
      });
    }
    expect(await fork({ fromStage: "refinement", iteration: 1 })).toMatchObject({ created: true });
  });
});
