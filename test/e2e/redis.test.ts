import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isClosed } from "@stagewire/shared";
import { checkLog } from "../support/check-log.js";
import { cli, startCli } from "../support/cli-process.js";
import { inTerminal, noTerminal } from "../support/pseudo-terminal.js";
import { NO_REDIS, REDIS_SKIP, type RedisServer, startRedis } from "../support/redis-server.js";
import { answerOf, is, isEnd, isToken, of, reach, verdict } from "../support/scene.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

const PASSWORD = "s3cret-pass";
let redis: RedisServer;

/** A model, and servers on the Redis of this file, in a database of their own. */
async function openHouse(database: number) {
  const model = await startScriptedModel();
  const folder = await temporaryFolder();
  const env = {
    OPENAI_BASE_URL: model.baseUrl,
    STAGEWIRE_MODEL: "test",
    STAGEWIRE_REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${redis.port}/${database}`,
  };
  return {
    model,
    folder,
    env,
    start: async () => startServerProcess({ data: folder.path, port: await freePort(), env }),
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(NO_REDIS !== undefined)(`a server on Redis, with redis-server${REDIS_SKIP}`, () => {
  beforeAll(async () => {
    redis = await startRedis(["--requirepass", PASSWORD]);
  });
  afterAll(async () => {
    await redis?.[Symbol.asyncDispose]();
  });

  test("kill -9 of Redis in the middle of a run: it waits, says so, and goes on; watchers keep what they saw", async () => {
    await using house = await openHouse(1);
    const { model } = house;
    await using server = await house.start();
    await using client = plainClient(server.url);
    const { runId } = await client.trpc.runs.start.mutate({ task: "build it" });
    const seen = client.watch(runId);
    const call = await reach(model, "implementation");
    call.write("half of ");
    await seen.until((event) => isToken(event) && "stage" in event && event.stage === "implementation");

    await redis.kill();
    call.write("the code");
    await call.closed;
    await expect(client.trpc.runs.start.mutate({ task: "one more" })).rejects.toThrow(
      /LOG_UNAVAILABLE.*can't be reached/,
    );
    await expect(client.control(runId, { type: "cancel", when: "now" })).rejects.toThrow(/LOG_UNAVAILABLE/);
    model.answer((next) => (answerOf(next).includes("json") ? verdict(true) : `answer ${next.number}`));
    await redis.restart();

    const told = await seen.until(is("error", { code: "LOG_UNAVAILABLE" }));
    expect(told).toMatchObject({ retryable: true, fatal: false, message: expect.stringMatching(/can't be reached/) });
    await seen.until((event) => is("progress", { phase: "paused" })(event) && event.seq === told.seq + 1);
    expect(await seen.until(is("stage_start", { cause: "recovered" }))).toMatchObject({ stage: "implementation" });
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    const view = await client.trpc.runs.get.query({ runId });
    expect(isClosed(view)).toBe(true);
    expect(checkLog(seen.events)).toEqual(view);
    expect(of(seen.events, "error")).toHaveLength(1);
    expect(server.log).toContain("can't be reached");
    expect(server.log).toContain("takes appends again");
    expect(server.log).not.toContain(PASSWORD);
  });

  test("kill -9 of the only server: the next one on the same Redis goes on", async () => {
    await using house = await openHouse(2);
    const { model } = house;
    const first = await house.start();
    const before = plainClient(first.url);
    const { runId } = await before.trpc.runs.start.mutate({ task: "build it" });
    const seen = before.watch(runId);
    const call = await reach(model, "implementation");
    call.write("half of ");
    await seen.until((event) => isToken(event) && "stage" in event && event.stage === "implementation");
    await before[Symbol.asyncDispose]();
    await first.kill();
    model.answer((next) => (answerOf(next).includes("json") ? verdict(true) : `answer ${next.number}`));

    await using second = await house.start();
    await using client = plainClient(second.url);
    const resumed = client.watch(runId, { lastEventId: seen.cursors.at(-1) ?? "" });
    const whole = client.watch(runId);
    await resumed.until(isEnd);
    await whole.until(isEnd);
    const view = await client.trpc.runs.get.query({ runId });
    expect(checkLog([...seen.events, ...resumed.events])).toEqual(view);
    expect(checkLog(whole.events)).toEqual(view);
    expect(of(resumed.events, "stage_start")[0]).toMatchObject({ cause: "recovered", stage: "implementation" });
  });

  test("a server says at its start what its Redis does not promise, and does not start on one that would lose runs", async () => {
    await using forgetful = await startRedis(["--appendonly", "no"]);
    await using evicting = await startRedis(["--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"]);
    await using folder = await temporaryFolder();
    const start = async ({ url }: RedisServer) =>
      startServerProcess({ data: folder.path, port: await freePort(), env: { STAGEWIRE_REDIS_URL: url } });
    await using server = await start(forgetful);
    expect(server.log).toMatch(/no append-only file: when it ends, all since its last snapshot is lost/);
    expect(server.log).toMatch(/no replica: when its disk is lost, every run is lost/);
    await expect(start(evicting)).rejects.toThrow(/ended with 2:[^]*volatile-lru[^]*Set maxmemory-policy noeviction/);
  });

  test.each(["worker", "api"])("run starts a server that does all, where STAGEWIRE_ROLE is %s", async (role) => {
    await using house = await openHouse(role === "worker" ? 4 : 5);
    const { env, folder } = house;
    house.model.answer(answerOf);
    const own = { ...env, STAGEWIRE_ROLE: role, PORT: String(await freePort()) };
    const { code, stderr } = await cli(["run", "a URL shortener"], { env: own, cwd: folder.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/finished in/) as string });
  });

  test("who leaves a run of one's own server is told who goes on with it", async () => {
    await using house = await openHouse(6);
    const options = { env: { ...house.env, PORT: String(await freePort()) }, cwd: house.folder.path };
    await using running = startCli(["run", "a URL shortener"], options);
    await running.printed("started");
    await reach(house.model, "architecture");
    running.child.kill("SIGTERM");
    expect((await running.result).stderr).toMatch(
      /loses its server .* it goes on at another one on the same Redis, or/,
    );
  });

  test.skipIf(noTerminal)(
    "who stops a server is told who goes on with the rest (needs util-linux's script)",
    async () => {
      await using house = await openHouse(7);
      const flags = ["--port", String(await freePort())];
      await using serving = inTerminal(["serve", ...flags], 120, house.env);
      await serving.printed("ready in");
      serving.press("\u0003");
      await serving.printed("the rest goes on at other servers on this Redis (again to stop at once)");
      expect(await serving.result).toMatchObject({ code: 0 });
    },
  );

  test("the commands show the address without its password, and doctor says what this Redis does not promise", async () => {
    await using house = await openHouse(3);
    const { env, folder } = house;
    for (const command of ["config", "doctor"]) {
      const { stdout, stderr } = await cli([command], { env, cwd: folder.path });
      expect(stdout).toContain(`redis://127.0.0.1:${redis.port}/3`);
      expect(stdout + stderr).not.toContain(PASSWORD);
      if (command === "doctor") expect(stdout).toContain("Redis has no replica");
    }
    for (const url of [`redis:/ /:${PASSWORD}@x`, `http://:${PASSWORD}@x`]) {
      const { stdout, stderr } = await cli(["config"], { env: { ...env, STAGEWIRE_REDIS_URL: url }, cwd: folder.path });
      expect(stderr).toContain("redisUrl");
      expect(stdout + stderr).not.toContain(PASSWORD);
    }
  });
});
