import type { RunEvent } from "@stagewire/shared";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkLog } from "../support/check-log.js";
import { type CuttingProxy, startCuttingProxy } from "../support/cutting-proxy.js";
import { NO_REDIS, REDIS_SKIP, type RedisServer, startRedis } from "../support/redis-server.js";
import { answerOf, endings, is, isEnd, isToken, of, placesOf, reach } from "../support/scene.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient, type PlainClient } from "../support/trpc.js";

let redis: RedisServer;
let databases = 0;

interface Node extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly client: PlainClient;
  /** Between it and Redis. */
  readonly network: CuttingProxy;
}

/** Server processes on a database of their own, each with its own way to Redis, that ask one model. */
async function openCluster() {
  const model = await startScriptedModel();
  const folder = await temporaryFolder();
  const database = ++databases;
  const nodes: Node[] = [];
  return {
    model,
    async start(role = "api,worker", more: Record<string, string> = {}, port?: number): Promise<Node> {
      const network = await startCuttingProxy(redis.url);
      const env = {
        OPENAI_BASE_URL: model.baseUrl,
        STAGEWIRE_MODEL: "test",
        STAGEWIRE_ROLE: role,
        STAGEWIRE_REDIS_URL: `${network.url.replace("http", "redis")}/${database}`,
        ...more,
      };
      const server = await startServerProcess({ data: folder.path, port: port ?? (await freePort()), env });
      const client = plainClient(server.url);
      const close = async () => {
        await client[Symbol.asyncDispose]();
        await server.kill();
        await network[Symbol.asyncDispose]();
      };
      const node = { server, client, network, [Symbol.asyncDispose]: close };
      nodes.push(node);
      return node;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
      await model[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

type House = Awaited<ReturnType<typeof openCluster>>;

/** A run that streams its implementation at the only worker, watched at the api, and another worker that has nothing to do. */
async function midStream(house: House) {
  const [api, first] = await Promise.all([house.start("api"), house.start()]);
  const { runId } = await api.client.trpc.runs.start.mutate({ task: "build it" });
  const seen = api.client.watch(runId);
  const call = await reach(house.model, "implementation");
  call.write("half of ");
  await seen.until((event) => isToken(event) && "stage" in event && event.stage === "implementation");
  const second = await house.start();
  return { api, first, second, runId, seen, call };
}

const answerAll = (model: ScriptedModel) => model.answer(answerOf);

describe.skipIf(NO_REDIS !== undefined)(`a cluster of processes, with redis-server${REDIS_SKIP}`, () => {
  beforeAll(async () => {
    redis = await startRedis(["--databases", "64"]);
  });
  afterAll(async () => {
    await redis?.[Symbol.asyncDispose]();
  });

  test("kill -9 of a worker: another one goes on, no finished stage is run again, and watchers notice nothing", async () => {
    await using house = await openCluster();
    const { api, first, runId, seen } = await midStream(house);
    const before = seen.events.length;
    const killedAt = performance.now();
    await first.server.kill();
    answerAll(house.model);
    const recovered = await seen.until(is("stage_start", { cause: "recovered" }));
    console.log(`a dead worker's run went on after ${Math.round(performance.now() - killedAt)} ms`);
    expect(recovered).toMatchObject({ stage: "implementation", attempt: 2 });
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    expect(seen.events.length).toBeGreaterThan(before);
    expect(checkLog(seen.events)).toEqual(await api.client.trpc.runs.get.query({ runId }));
    expect(placesOf(house.model).filter((place) => place === "architecture 0")).toHaveLength(1);
  }, 60_000);

  test("a zombie that wakes up after another has taken over is refused, and lets go", async () => {
    await using house = await openCluster();
    const { api, first, second, runId, seen, call } = await midStream(house);
    first.server.signal("SIGSTOP");
    const again = await reach(house.model, "implementation");
    await seen.until(is("stage_start", { cause: "recovered" }));
    again.write("all of it, by the other");
    first.server.signal("SIGCONT");
    // What its model says now must not be seen by anybody.
    call.write("the rest, by the zombie");
    await call.closed;
    answerAll(house.model);
    again.end();
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    const view = await api.client.trpc.runs.get.query({ runId });
    expect(checkLog(seen.events)).toEqual(view);
    expect(JSON.stringify(seen.events)).not.toContain("zombie");
    for (const { client } of [first, second]) {
      const late = client.watch(runId);
      await late.until(isEnd);
      expect(checkLog(late.events)).toEqual(view);
    }
  }, 60_000);

  test("SIGTERM of a worker: the step that runs ends there, and the next one begins elsewhere, at once", async () => {
    await using house = await openCluster();
    const { api, first, runId, seen, call } = await midStream(house);
    first.server.signal("SIGTERM");
    await expect.poll(async () => (await fetch(`${first.server.url}/readyz`)).status).toBe(503);
    answerAll(house.model);
    call.write("it");
    call.end();
    await seen.until(is("stage_complete", { stage: "implementation" }));
    const endedAt = performance.now();
    await seen.until(is("stage_start", { stage: "review" }));
    console.log(`after a hand-over the next step began after ${Math.round(performance.now() - endedAt)} ms`);
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    expect(of(seen.events, "stage_start").map(({ cause }) => cause)).not.toContain("recovered");
    expect(endings(seen.events).every((ending) => ending.endsWith("completed"))).toBe(true);
    expect(checkLog(seen.events)).toEqual(await api.client.trpc.runs.get.query({ runId }));
  }, 60_000);

  test("a worker that is cut off from Redis loses its run to another, and takes part again afterwards", async () => {
    await using house = await openCluster();
    const { api, first, second, runId, seen, call } = await midStream(house);
    first.network.down();
    call.write("unheard");
    const again = await reach(house.model, "implementation");
    await seen.until(is("stage_start", { cause: "recovered" }));
    first.network.up();
    answerAll(house.model);
    again.write("whole");
    again.end();
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    expect(checkLog(seen.events)).toEqual(await api.client.trpc.runs.get.query({ runId }));
    await second.server.kill();
    await expect.poll(async () => (await first.client.trpc.runs.get.query({ runId })).status).toBe("completed");
    const next = await api.client.trpc.runs.start.mutate({ task: "one more" });
    await api.client.watch(next.runId).until(isEnd);
  }, 60_000);

  test("a command that comes while nobody keeps the run is acted upon by the one who takes it up", async () => {
    await using house = await openCluster();
    const { api, first, runId, seen } = await midStream(house);
    await first.server.kill();
    const ack = await api.client.control(runId, { type: "cancel", when: "now" });
    expect(ack).toMatchObject({ outcome: "applied" });
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "cancelled" });
    expect(of(seen.events, "control")).toMatchObject([{ seq: ack.seq }]);
    expect(checkLog(seen.events)).toEqual(await api.client.trpc.runs.get.query({ runId }));
  }, 60_000);

  test("a watcher moves from server to server by its cursor at 50 moments and sees the log", async () => {
    await using house = await openCluster();
    const nodes = await Promise.all([house.start(), house.start("api"), house.start()]);
    const [one] = nodes;
    const { runId } = await one.client.trpc.runs.start.mutate({ task: "build it", options: { maxRefinements: 0 } });
    const whole = one.client.watch(runId);
    let call = await reach(house.model, "architecture");
    const seen: RunEvent[] = [];
    let cursor: string | undefined;
    for (let moment = 0; moment < 50; moment++) {
      const node = nodes[moment % nodes.length] as Node;
      const watch = node.client.watch(runId, cursor === undefined ? {} : { lastEventId: cursor });
      if (moment === 20) {
        call.end();
        call = await reach(house.model, "implementation");
      }
      call.write(`piece ${moment} `);
      await watch.until((event) => event.type === "token" && event.text.includes(`piece ${moment} `));
      watch.stop();
      seen.push(...watch.events);
      cursor = watch.cursors.at(-1);
    }
    answerAll(house.model);
    call.end();
    const last = one.client.watch(runId, { lastEventId: cursor ?? "" });
    await Promise.all([last.until(isEnd), whole.until(isEnd)]);
    const view = await one.client.trpc.runs.get.query({ runId });
    expect(checkLog([...seen, ...last.events])).toEqual(view);
    expect(checkLog(whole.events)).toEqual(view);
  }, 60_000);

  test("a rolling restart of all servers under load: every run ends well, and no call is made twice", async () => {
    await using house = await openCluster();
    const roles = ["api", "worker", "worker"];
    const [api, ...workers] = (await Promise.all(roles.map((role) => house.start(role)))) as [Node, ...Node[]];
    answerAll(house.model);
    const started = await Promise.all(
      Array.from({ length: 20 }, (_, index) => api.client.trpc.runs.start.mutate({ task: `task ${index}` })),
    );
    const watches = started.map(({ runId }) => api.client.watch(runId));
    for (const old of [api, ...workers]) {
      old.server.signal("SIGTERM");
      const answers = () => fetch(`${old.server.url}/healthz`).then(Boolean, () => false);
      await expect.poll(answers).toBe(false);
      // On the same port: the watchers of the old one come back to it by themselves.
      await house.start(old === api ? "api" : "worker", {}, Number(new URL(old.server.url).port));
    }
    for (const watch of watches) expect(await watch.until(isEnd)).toMatchObject({ outcome: "completed" });
    for (const [index, watch] of watches.entries()) {
      const runId = started[index]?.runId ?? "";
      expect(checkLog(watch.events)).toEqual(await api.client.trpc.runs.get.query({ runId }));
      expect(of(watch.events, "stage_start").filter(({ cause }) => cause === "recovered")).toEqual([]);
    }
  }, 90_000);
});
