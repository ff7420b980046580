import { isClosed } from "@stagewire/shared";
import { definePipeline, type ServerOptions } from "@stagewire/server";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkLog } from "../support/check-log.js";
import { NO_REDIS, REDIS_SKIP, type RedisServer, startRedis } from "../support/redis-server.js";
import { answerOf, is, isEnd, isToken, of, reach } from "../support/scene.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { startServer } from "../support/start-server.js";
import { plainClient, type PlainClient } from "../support/trpc.js";

let redis: RedisServer;
let databases = 0;

/** One server of a cluster, and somebody who uses it. */
interface Node extends AsyncDisposable {
  readonly server: Awaited<ReturnType<typeof startServer>>;
  readonly client: PlainClient;
}

interface Cluster extends AsyncDisposable {
  readonly model: ScriptedModel;
  readonly url: string;
  start(options?: ServerOptions): Promise<Node>;
}

/** Servers in this process, on a database of their own, that ask one model. */
async function openCluster(): Promise<Cluster> {
  const model = await startScriptedModel();
  const url = `${redis.url}/${++databases}`;
  const nodes: Node[] = [];
  return {
    model,
    url,
    async start(options = {}) {
      const server = await startServer({ redisUrl: url, openaiBaseUrl: model.baseUrl, model: "scripted", ...options });
      const client = plainClient(server.url);
      const close = async () => {
        await client[Symbol.asyncDispose]();
        await server.close();
      };
      const node = { server, client, [Symbol.asyncDispose]: close };
      nodes.push(node);
      return node;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
      await model[Symbol.asyncDispose]();
    },
  };
}

const startRun = async ({ client }: Node, options = {}) => {
  const { runId } = await client.trpc.runs.start.mutate({ task: "build it", options });
  return runId;
};

describe.skipIf(NO_REDIS !== undefined)(`servers on one Redis, with redis-server${REDIS_SKIP}`, () => {
  beforeAll(async () => {
    redis = await startRedis(["--databases", "64"]);
  });
  afterAll(async () => {
    await redis?.[Symbol.asyncDispose]();
  });

  test("a run that was started at one is worked by another, and watched and steered at both", async () => {
    await using cluster = await openCluster();
    const api = await cluster.start({ role: ["api"] });
    const worker = await cluster.start({ role: ["api", "worker"] });
    const runId = await startRun(api);
    const [here, there] = [api.client.watch(runId), worker.client.watch(runId)];
    const call = await reach(cluster.model, "implementation");
    call.write("half of it");
    await Promise.all([here.until(isToken), there.until(isToken)]);

    const ack = await api.client.control(runId, { type: "skip", target: "remaining", when: "now" });
    expect(ack).toMatchObject({ outcome: "scheduled" });
    await there.until(is("control", { seq: ack.seq, outcome: "scheduled" }));
    cluster.model.answer(answerOf);
    call.end();
    await Promise.all([here.until(isEnd), there.until(isEnd)]);
    const view = await api.client.trpc.runs.get.query({ runId });
    expect(isClosed(view)).toBe(true);
    expect(checkLog(here.events)).toEqual(view);
    expect(checkLog(there.events)).toEqual(view);
    expect(of(here.events, "stage_start").map(({ stage }) => stage)).not.toContain("refinement");
  });

  test("the same command by any server acts once, in the order in which they came", async () => {
    await using cluster = await openCluster();
    const api = await cluster.start({ role: ["api"] });
    const worker = await cluster.start();
    const runId = await startRun(api);
    const seen = api.client.watch(runId);
    const call = await reach(cluster.model, "architecture");
    const envelope = { runId, commandId: "once", command: { type: "guide", text: "be brief" } } as const;
    const acks = await Promise.all([api, worker, api].map(({ client }) => client.trpc.runs.control.mutate(envelope)));
    expect(new Set(acks.map(({ seq }) => seq)).size).toBe(1);
    const texts = Array.from({ length: 20 }, (_, index) => `hint ${index}`);
    await Promise.all(texts.map((text) => api.client.control(runId, { type: "guide", text })));
    const told = () => of(seen.events, "control").map(({ command }) => (command.type === "guide" ? command.text : ""));
    await expect.poll(told).toEqual(["be brief", ...texts]);
    const cancel = await api.client.control(runId, { type: "cancel", when: "now" });
    expect(cancel).toMatchObject({ outcome: "applied" });
    await call.closed;
    await seen.until(isEnd);
    expect(await worker.client.control(runId, { type: "pause" })).toMatchObject({ reason: "run_closed" });
    expect(await api.client.trpc.runs.control.mutate(envelope)).toEqual(acks[0]);
  });

  test("commands that this version can't read hold nobody up", async () => {
    await using cluster = await openCluster();
    const api = await cluster.start({ role: ["api"] });
    await cluster.start({ role: ["worker"] });
    const runId = await startRun(api);
    const seen = api.client.watch(runId);
    await reach(cluster.model, "architecture");
    const store = new Redis(cluster.url);
    try {
      const [runKey = ""] = await store.keys(`*:run:${runId}`);
      const commands = runKey.replace(/:run:([^:]+)$/, ":cmd:$1");
      const ofTheFuture = { runId, commandId: "later", command: { type: "archive" } };
      // More than are looked at together.
      for (let count = 0; count < 250; count++) await store.xadd(commands, "*", "c", "no JSON");
      await store.xadd(commands, "*", "c", JSON.stringify({ envelope: ofTheFuture, by: "somebody" }));
      expect(await api.client.control(runId, { type: "guide", text: "be brief" })).toMatchObject({
        outcome: "applied",
      });
      expect(await api.client.control(runId, { type: "cancel", when: "now" })).toMatchObject({ outcome: "applied" });
      await seen.until(isEnd);
      expect(of(seen.events, "control").map(({ command }) => command.type)).toEqual(["guide", "cancel"]);
      // With the run they are gone.
      await expect.poll(() => store.exists(commands)).toBe(0);
    } finally {
      store.disconnect();
    }
  });

  test("runs wait in one line over all servers, are cancelled in it, and paused ones give their place away", async () => {
    await using cluster = await openCluster();
    const [one, two] = [await cluster.start({ maxConcurrentRuns: 1 }), await cluster.start({ maxConcurrentRuns: 1 })];
    const busy = [await startRun(one), await startRun(one)];
    await Promise.all([cluster.model.next(), cluster.model.next()]);
    const waiting = [await startRun(one), await startRun(two), await startRun(one)];
    const seen = waiting.map((runId, index) => (index % 2 ? one : two).client.watch(runId));
    for (const [index, watch] of seen.entries()) {
      await watch.until((event) => event.type === "progress" && event.queuePosition === index + 1);
    }
    // Cancelled by the server that does not keep it, in the line.
    const [first, second, third] = waiting as [string, string, string];
    expect(await one.client.control(second, { type: "cancel", when: "now" })).toMatchObject({ outcome: "applied" });
    expect(await seen[1]?.until(isEnd)).toMatchObject({ outcome: "cancelled" });
    await seen[2]?.until((event) => event.type === "progress" && event.queuePosition === 2);
    // A place becomes free: the first in line gets it, wherever it was started.
    await one.client.control(busy[0] ?? "", { type: "cancel", when: "now" });
    await seen[0]?.until(is("stage_start"));
    await expect.poll(() => cluster.model.calls.length).toBe(3);
    // One that is paused before its next step leaves its place to the next.
    await two.client.control(first, { type: "pause" });
    for (const call of cluster.model.calls) if (!call.ended) call.end();
    await seen[0]?.until(is("progress", { phase: "paused" }));
    await seen[2]?.until(is("stage_start"));
    cluster.model.answer(answerOf);
    for (const call of cluster.model.calls) if (!call.ended) call.end();
    expect(await one.client.control(first, { type: "resume" })).toMatchObject({ outcome: "applied" });
    expect(await seen[0]?.until(isEnd)).toMatchObject({ outcome: "completed" });
    expect(await seen[2]?.until(isEnd)).toMatchObject({ outcome: "completed" });
    expect(third).toBeTruthy();
  });

  test("a run that another server works is not put in line again by the one where it was started", async () => {
    await using cluster = await openCluster();
    const api = await cluster.start({ role: ["api"] });
    await cluster.start({ maxConcurrentRuns: 1 });
    const first = await startRun(api);
    const seen = api.client.watch(first);
    const call = await cluster.model.next();
    await seen.until(is("stage_start"));
    // By the second sign of life of its worker, the server where it was started has met the fence.
    const signs = () => of(seen.events, "progress").filter(({ phase }) => phase === "waiting").length;
    await seen.until(() => signs() >= 3);
    call.write(answerOf(call));
    call.end();
    const last = await reach(cluster.model, "documentation");
    last.write(answerOf(last));
    last.end();
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    // The place is taken, and the server where all were started looks who is in line.
    await startRun(api);
    await cluster.model.next();
    const third = api.client.watch(await startRun(api));
    await third.until(() => of(third.events, "progress").length >= 3);
    expect(of(third.events, "progress").at(-1)).toMatchObject({ phase: "queued", queuePosition: 1 });
    const store = new Redis(cluster.url);
    try {
      const told = await store.xrange("{stagewire}:queue:runs:events", "-", "+");
      expect(told.filter(([, fields]) => fields.includes("added") && fields.includes(first))).toHaveLength(1);
    } finally {
      store.disconnect();
    }
  });

  test("runs whose pipeline only a dead server had keep nobody from taking up the others that it kept", async () => {
    await using cluster = await openCluster();
    const notes = definePipeline({
      id: "notes",
      title: "Notes",
      stages: [{ id: "notes", title: "Notes", prompt: () => [{ role: "user", content: "Take notes." }] }],
    });
    const one = await cluster.start({ pipelines: [notes] });
    // More than are asked for at a time.
    const starts = Array.from({ length: 25 }, () =>
      one.client.trpc.runs.start.mutate({ task: "take notes", pipeline: "notes", options: { gates: ["notes"] } }),
    );
    await Promise.all(starts);
    const runId = await startRun(one, { gates: ["architecture"] });
    await one.client.watch(runId).until(is("progress", { phase: "paused" }));
    await one[Symbol.asyncDispose]();
    const store = new Redis(cluster.url);
    try {
      // It fell silent last.
      await store.zadd("{stagewire}:alive", 1, runId);
    } finally {
      store.disconnect();
    }
    const two = await cluster.start();
    expect(await two.client.control(runId, { type: "cancel", when: "now" })).toMatchObject({ outcome: "applied" });
  });

  test("runs of low priority let those of all servers go first, and keep their rank when they are handed over", async () => {
    await using cluster = await openCluster();
    const one = await cluster.start({ maxConcurrentRuns: 1 });
    const two = await cluster.start({ role: ["api"] });
    const busy = await startRun(one);
    await cluster.model.next();
    const low = await startRun(one, { priority: "low" });
    const seenLow = two.client.watch(low);
    await seenLow.until(is("progress", { phase: "queued", queuePosition: 1 }));
    const normal = await startRun(two);
    const seen = one.client.watch(normal);
    await seen.until(is("progress", { phase: "queued", queuePosition: 1 }));
    await seenLow.until(is("progress", { phase: "queued", queuePosition: 2 }));
    await one.client.control(busy, { type: "cancel", when: "now" });
    await seen.until(is("stage_start"));
    expect(of(seenLow.events, "stage_start")).toEqual([]);
    await one.client.control(normal, { type: "cancel", when: "now" });
    await seenLow.until(is("stage_start"));
    // Another server has room when its own one leaves.
    await cluster.start();
    cluster.model.answer(answerOf);
    const leaving = one.server.close();
    for (const call of cluster.model.calls) if (!call.ended) call.end();
    expect(await seenLow.until(isEnd)).toMatchObject({ outcome: "completed" });
    await leaving;
  });
});
