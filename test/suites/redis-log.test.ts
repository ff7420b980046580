import { randomUUID } from "node:crypto";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { watch } from "../../server/src/engine/watch.js";
import { checkRedis, openRedisLog } from "../../server/src/log/index.js";
import type { FeedChange, LogFull, RunLog } from "../../server/src/log/index.js";
import { judgeRedis } from "../../server/src/log/redis/check-redis.js";
import { openRedisLogWith, type RedisLogOptions } from "../../server/src/log/redis/redis-log.js";
import { createScripts } from "../../server/src/log/redis/scripts.js";
import { createTails } from "../../server/src/log/tail.js";
import { checkLog, fold } from "../support/check-log.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { NO_REDIS, REDIS_SKIP, type RedisServer, startRedis } from "../support/redis-server.js";
import { openScene } from "../support/scene.js";
import { longRun, playLog } from "./run-log-played.js";
import {
  appendTokens,
  complete,
  createRun,
  eventsOf,
  range,
  readAll,
  seqsOf,
  summaryOf,
  token,
} from "./run-log-support.js";

let redis: RedisServer;

describe.skipIf(NO_REDIS !== undefined)(`the run log in Redis, with redis-server${REDIS_SKIP}`, () => {
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis?.[Symbol.asyncDispose]();
  });

  describe("the fence", () => {
    test("a zombie's append is refused by Redis itself", async () => {
      expect(await zombieAppends(createScripts())).toMatchObject({ code: "FENCED" });
    });

    test("and is not when ids do not begin with the epoch", async () => {
      const epochFirst = "return epoch .. '-' .. seq";
      const planted = createScripts((source) => {
        expect(source).toContain(epochFirst);
        return source.replace(epochFirst, "return seq .. '-' .. epoch");
      });
      expect(await zombieAppends(planted)).toBe("taken");
    });

    test("XADD alone refuses an older epoch and a repetition, whatever its seq", async () => {
      const prefix = randomUUID();
      await using log = await openRedisLog({ url: redis.url, prefix });
      await createRun(log, "a");
      await appendTokens(log, "a", 2, 5);
      await log.claim("a");
      const key = `{${prefix}}:log:a`;
      for (const id of ["1-6", "1-99", "2-5"]) {
        await expect(redis.client.xadd(key, id, "e", "[]")).rejects.toThrow("equal or smaller");
      }
      await appendTokens(log, "a", 6, 6, { epoch: 2 });
      expect((await redis.client.xinfo("STREAM", key)) as unknown[]).toContain("2-6");
    });
  });

  describe("several processes on one log", () => {
    test("watchers hear what another one appends, in order and without a gap, while watched runs come and go", async () => {
      await using pair = await openPair();
      const { here, there } = pair;
      const runs = range(1, 12).map((number) => `run-${number}`);
      const followed: Promise<void>[] = [];
      const tails = createTails(there);
      const follow = async (runId: string, events: ReturnType<typeof longRun>) => {
        const seen = [];
        for await (const frame of watch(there, tails, { runId, signal: new AbortController().signal })) {
          seen.push(...frame.events);
        }
        expect(checkLog(seen)).toStrictEqual(fold(events));
      };
      const playing = runs.map(async (runId, index) => {
        const events = longRun(runId, 200);
        await playLog(here, events, {
          batch: 3,
          claims: [50, 150],
          async between(seq) {
            // One joins at its start, the others in the middle.
            if (seq === 2 || seq === 2 + 9 * (index + 1)) followed.push(follow(runId, events));
          },
        });
      });
      await Promise.all(playing);
      expect(followed.length).toBe(2 * runs.length);
      await Promise.all(followed);
      expect(tails.size).toBe(0);
    });

    test("one who hears of a run's takeover late hears all of both writers in order", async () => {
      await using pair = await openPair();
      const { here, there } = pair;
      await createRun(here, "a");
      const heard: number[] = [];
      there.subscribe("a", (entry) => heard.push(...seqsOf([entry])));
      await there.head("a");
      for (let seq = 2; seq <= 40; seq++) {
        // Each in turn, without waiting for what the other one hears.
        const log = seq % 8 < 4 ? here : there;
        const { epoch } = await log.claim("a");
        await appendTokens(log, "a", seq, seq, { epoch });
      }
      await expect.poll(() => heard).toEqual(range(2, 40));
    });

    test("changes are heard by all, and one idempotency key creates one run over all", async () => {
      await using pair = await openPair();
      const { here, there } = pair;
      const heard: FeedChange[] = [];
      there.subscribeChanges((change) => heard.push(change));
      const created = await Promise.all(
        range(1, 10).map((number) => createRun(number % 2 ? here : there, `r${number}`, { idempotencyKey: "key" })),
      );
      expect(created.filter((result) => result.created)).toHaveLength(1);
      const runId = created[0]?.runId ?? "";
      await appendTokens(here, runId, 2, 2, { summary: summaryOf(runId, { fraction: 0.25 }) });
      await expect.poll(() => heard.map(({ revision }) => revision)).toEqual([1, 2]);
      expect(heard[1]?.summary).toEqual(summaryOf(runId, { fraction: 0.25 }));
    });

    test("one that fell far behind the feed gets each run's latest change", async () => {
      await using pair = await openPair();
      const { here, there } = pair;
      await Promise.all(range(1, 30).map((number) => createRun(here, `run-${number}`)));
      const heard = new Map<string, number | undefined>();
      there.subscribeChanges(({ summary }) => heard.set(summary.runId, summary.etaMs));
      // More in one turn than the feed keeps, so that the other process can't read them all.
      await Promise.all(
        range(1, 2_400).map((number) => {
          const runId = `run-${1 + (number % 30)}`;
          const seq = 2 + Math.floor((number - 1) / 30);
          return appendTokens(here, runId, seq, seq, { summary: summaryOf(runId, { etaMs: number }) });
        }),
      );
      await expect
        .poll(() => [...heard.values()].toSorted((a, b) => Number(a) - Number(b)))
        .toEqual(range(2_371, 2_400));
    });

    test("one that fell behind on more runs than it reads at a time hears of every one", async () => {
      await using proxy = await startCuttingProxy(redis.url);
      const prefix = randomUUID();
      await using here = await openRedisLog({ url: redis.url, prefix });
      await using there = await openRedisLog({ url: proxy.url.replace("http", "redis"), prefix });
      const heard = new Set<string>();
      there.subscribeChanges(({ summary }) => heard.add(summary.runId));
      proxy.down();
      // Each run changes once, so a change that is passed over is never made up for.
      await Promise.all(range(1, 4_000).map((number) => createRun(here, `run-${number}`)));
      proxy.up();
      await expect.poll(() => heard.size, { timeout: 5_000 }).toBe(4_000);
    });

    test("a run that another process deleted ends its watchers here with RUN_NOT_FOUND", async () => {
      const prefix = randomUUID();
      await using log = await openRedisLog({ url: redis.url, prefix, lookAfterMs: 50 });
      await createRun(log, "a");
      const watching = watch(log, createTails(log), { runId: "a", signal: new AbortController().signal });
      await watching.next();
      const refused = watching.next().catch((error: unknown) => error);
      // As after a process that slept through the run's end and its retention.
      await redis.client.del(`{${prefix}}:log:a`, `{${prefix}}:run:a`);
      expect(await refused).toMatchObject({ code: "RUN_NOT_FOUND" });
    });
  });

  describe("what was not heard", () => {
    test("a run that Redis was too busy to place is heard, and its end by those who read it meanwhile", async () => {
      await using own = await startRedis();
      const prefix = randomUUID();
      await using here = await openRedisLog({ url: own.url, prefix, lookAfterMs: 500 });
      await using there = await openRedisLog({ url: own.url, prefix });
      await createRun(there, "a");
      await own.client.config("SET", "busy-reply-threshold", 10);
      const busy = new Redis(own.url, { lazyConnect: true });
      const stuck = busy.eval("while true do end", 0).catch((error: unknown) => error);
      await expect.poll(() => own.client.ping().catch((error: unknown) => String(error))).toContain("BUSY");
      here.subscribe("a", () => {});
      await expect(here.head("a")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
      await own.client.script("KILL");
      expect(String(await stuck)).toContain("killed");
      busy.disconnect();
      const watching = watch(here, createTails(here), { runId: "a", signal: new AbortController().signal });
      await watching.next();
      const seen = (async () => {
        const types: string[] = [];
        for await (const { events } of watching) types.push(...events.map(({ type }) => type));
        return types;
      })();
      await there.full()?.over;
      // All of it before anybody here knows where the log stands.
      await there.append({ runId: "a", epoch: 1, events: [token("a", 2), complete("a", 3)] });
      expect((await seen).at(-1)).toBe("run_complete");
    });

    test("a log that goes on unheard is told of, and watchers are sent to it", async () => {
      const prefix = randomUUID();
      const told: unknown[] = [];
      const options = {
        url: redis.url,
        prefix,
        lookAfterMs: 50,
        onListenerError: (error: unknown) => told.push(error),
      };
      await using log = await openRedisLog(options);
      await createRun(log, "a");
      let missed = 0;
      log.subscribe(
        "a",
        () => {},
        () => missed++,
      );
      await log.head("a");
      // What no XREAD will tell.
      await redis.client.hset(`{${prefix}}:run:a`, "head", 7);
      await expect.poll(() => missed).toBeGreaterThan(0);
      expect(String(told[0])).toContain("appended to 1 watched runs in Redis was not heard");
    });
  });

  describe("a Redis that fails", () => {
    test("the connection that follows a lost one is not broken off for the old one's silence", async () => {
      await using proxy = await startCuttingProxy(redis.url);
      const url = proxy.url.replace("http", "redis");
      await using log = await openRedisLog({ url, prefix: randomUUID() });
      await createRun(log, "a");
      const connections = proxy.accepted;
      // In the middle of a wait for entries, so that an answer is outstanding.
      proxy.cut();
      await expect.poll(() => proxy.accepted).toBeGreaterThan(connections);
      await expect.poll(() => log.full()).toBeUndefined();
      const again = proxy.accepted;
      // Longer than the silence for which a connection is given up; it has to be waited for to see that nothing comes.
      for (const until = performance.now() + 6_000; performance.now() < until;) {
        expect(await log.head("a")).toMatchObject({ seq: 1 });
        await delay(250);
      }
      expect(proxy.accepted).toBe(again);
    });

    test("kill -9 and restart: nothing acknowledged is lost, calls in between are told, and watchers everywhere go on", async () => {
      await using own = await startRedis();
      await using pair = await openPair(own.url);
      const { here, there } = pair;
      const heard = { here: [] as number[], there: [] as number[] };
      await createRun(here, "a");
      here.subscribe("a", (entry) => heard.here.push(...seqsOf([entry])));
      there.subscribe("a", (entry) => heard.there.push(...seqsOf([entry])));
      await there.head("a");

      let acknowledged = 1;
      let refusals = 0;
      let epoch = 1;
      const write = async (until: number) => {
        while (acknowledged < until) {
          try {
            await appendTokens(here, "a", acknowledged + 1, acknowledged + 1, { epoch });
            acknowledged++;
          } catch (error) {
            expect(error).toMatchObject({ code: "LOG_UNAVAILABLE" });
            refusals++;
            await here.full()?.over;
            // As a supervisor does: claim, then go on where the log stands, which may be one further.
            const head = await here.claim("a");
            expect(head.seq - acknowledged).toBeOneOf([0, 1]);
            ({ epoch, seq: acknowledged } = head);
          }
        }
      };
      const written = write(300);
      for (const at of [60, 140]) {
        await expect.poll(() => acknowledged, { interval: 1 }).toBeGreaterThan(at);
        await own.kill();
        await expect.poll(() => here.full()).toBeDefined();
        await expect(createRun(here, "b")).rejects.toMatchObject({
          code: "LOG_UNAVAILABLE",
          message: expect.stringContaining("can't be reached") as string,
        });
        await expect(here.head("a")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
        await own.restart();
        await here.full()?.over;
      }
      await written;
      expect(refusals).toBeGreaterThan(0);
      expect(seqsOf(await readAll(here, "a"))).toEqual(range(1, 300));
      await expect.poll(() => heard).toEqual({ here: range(2, 300), there: range(2, 300) });
      // Who comes now is heard, too: the tail was not left with what it knew before.
      const late: number[] = [];
      there.subscribe("a", (entry) => late.push(...seqsOf([entry])));
      await createRun(here, "c");
      there.subscribe("c", (entry) => late.push(...seqsOf([entry])));
      await there.head("c");
      await appendTokens(here, "c", 2, 2);
      await expect.poll(() => late).toEqual([2]);
    });

    test("an append whose answer was lost is in the log, and is heard once", async () => {
      await using proxy = await startCuttingProxy(redis.url);
      const prefix = randomUUID();
      await using log = await openRedisLog({ url: proxy.url.replace("http", "redis"), prefix });
      await createRun(log, "a");
      const heard: number[] = [];
      // One may be told twice, since it is not known what was told before.
      const changes = new Set<number>();
      log.subscribe("a", (entry) => heard.push(...seqsOf([entry])));
      log.subscribeChanges(({ summary }) => changes.add(summary.etaMs ?? 0));
      for (let seq = 2; seq <= 6; seq++) {
        await log.head("a");
        proxy.mute();
        const append = appendTokens(log, "a", seq, seq, { summary: summaryOf("a", { etaMs: seq }) });
        const refused = append.catch((error: unknown) => error);
        await expect.poll(() => redis.client.hget(`{${prefix}}:run:a`, "head"), { interval: 5 }).toBe(String(seq));
        proxy.cut();
        expect(await refused).toMatchObject({ code: "LOG_UNAVAILABLE" });
        await log.full()?.over;
        expect(await log.head("a")).toMatchObject({ seq });
      }
      await appendTokens(log, "a", 7, 7);
      await expect.poll(() => heard).toEqual(range(2, 7));
      await expect.poll(() => range(2, 6).filter((etaMs) => !changes.has(etaMs))).toEqual([]);
    });

    test.each(["the last events of a run", "a claim and what was written under it"])(
      "a Redis that lost %s, and then the run's end comes before them: who was shown them is told",
      async (what) => {
        await using own = await startRedis(["--appendonly", "no"]);
        await using here = await openRedisLog({ url: own.url, lookAfterMs: 200 });
        await using there = await openRedisLog({ url: own.url });
        await createRun(there, "a");
        await appendTokens(there, "a", 2, 5);
        await own.client.save();
        const { epoch } = what.includes("claim") ? await there.claim("a") : { epoch: 1 };
        await appendTokens(there, "a", 6, 9, { epoch });
        const watching = watch(here, createTails(here), { runId: "a", signal: new AbortController().signal });
        for (let last = 0; last < 9;) last = (await watching.next()).value?.events.at(-1)?.seq ?? 9;
        const told = watching.next().catch((error: unknown) => error);
        // Until it has read the log and waits: a read that is under way would be refused.
        for (let asked = 0; asked < 5; asked++) await here.head("a");
        await own.kill();
        await expect.poll(() => there.full()).toBeDefined();
        await own.restart();
        await there.full()?.over;
        expect(await there.claim("a")).toMatchObject({ seq: 5, epoch: 2 });
        await there.append({ runId: "a", epoch: 2, events: [complete("a", 6)] });
        expect(await told).toMatchObject({ code: "CURSOR_UNRECOVERABLE" });
      },
    );

    test("a run whose start was never answered is worked all the same", async () => {
      await using proxy = await startCuttingProxy(redis.url);
      await using scene = await openScene({ redisUrl: `${proxy.url.replace("http", "redis")}/5` });
      proxy.mute();
      const start = scene.client.trpc.runs.start.mutate({ task: "build it", idempotencyKey: "once" });
      const refused = start.catch(String);
      await using own = new Client(`${redis.url}/5`);
      await expect.poll(() => own.client.zcard("{stagewire}:open")).toBe(1);
      proxy.cut();
      expect(await refused).toContain("LOG_UNAVAILABLE");
      const call = await scene.reach("architecture");
      const again = await scene.client.trpc.runs.start.mutate({ task: "build it", idempotencyKey: "once" });
      expect(again.created).toBe(false);
      call.end();
    });

    test("a Redis that lost everything: the run is given up, its model call ends, and new runs go on", async () => {
      await using scene = await openScene({ redisUrl: `${redis.url}/6` });
      const { runId } = await scene.start();
      const call = await scene.reach("architecture");
      call.write("half of it");
      await using own = new Client(`${redis.url}/6`);
      await own.client.flushdb();
      call.write(", and more");
      await call.closed;
      const steer = () => scene.client.control(runId, { type: "cancel", when: "now" }).catch(String);
      // The words of one who looked into the log, since nobody works the run any more.
      await expect.poll(steer).toMatch(/RUN_NOT_FOUND: There is no run .* here/);
      const next = await scene.start();
      scene.model.answer(() => "an answer");
      await next.seen.until(({ type }) => type === "run_complete");
    });

    test("a Redis without memory refuses with what to do, keeps what it has, and is found well again", async () => {
      await using own = await startRedis();
      const fulls: LogFull[] = [];
      await using log = await openRedisLog({ url: own.url, onFull: (full) => fulls.push(full) });
      await createRun(log, "a");
      await own.client.config("SET", "maxmemory", "1mb");
      const append = log.append({ runId: "a", epoch: 1, events: [token("a", 2)], summary: summaryOf("a") });
      const refused = { code: "LOG_UNAVAILABLE", message: expect.stringContaining("no memory left") as string };
      await expect(append).rejects.toMatchObject(refused);
      expect(log.full()).toBe(fulls[0]);
      await expect(createRun(log, "b")).rejects.toMatchObject(refused);
      expect(seqsOf(await readAll(log, "a"))).toEqual([1]);
      expect(await log.revision()).toBe(1);
      await own.client.config("SET", "maxmemory", "0");
      await fulls[0]?.over;
      expect(log.full()).toBeUndefined();
      await appendTokens(log, "a", 2, 2);
      expect(fulls).toHaveLength(1);
    });

    test("scripts that Redis has forgotten are given again", async () => {
      await using log = await openRedisLog({ url: redis.url, prefix: randomUUID() });
      await createRun(log, "a");
      await redis.client.script("FLUSH");
      await expect(appendTokens(log, "a", 2, 2)).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
      await appendTokens(log, "a", 2, 2);
    });

    test("compaction while another process compacts the same run leaves one of both", async () => {
      await using pair = await openPair();
      const { here, there } = pair;
      const { runId, epoch, events } = await playLog(here, longRun("a", 3_000), { batch: 2 });
      await Promise.all([here.compact({ runId, epoch }), there.compact({ runId, epoch })]);
      const entries = await readAll(here, runId);
      expect(checkLog(eventsOf(entries))).toStrictEqual(fold(events));
      expect(await there.runSize(runId)).toEqual({
        entries: entries.length,
        bytes: entries.reduce((sum, entry) => sum + Buffer.byteLength(JSON.stringify(entry.events)), 0),
      });
      expect(await redis.client.keys("*:fresh:*")).toEqual([]);
    });
  });

  describe("checks at the start", () => {
    test("a Redis without an append-only file is told, with what is lost", async () => {
      await using own = await startRedis(["--appendonly", "no"]);
      const messages = (await checkRedis(own.url)).map(({ message }) => message);
      expect(messages).toEqual([
        expect.stringMatching(/no append-only file: when it ends, all since its last snapshot is lost.*appendonly yes/),
        expect.stringMatching(/no replica/),
      ]);
      expect(await own.client.keys("*")).toEqual([]);
    });

    test("one that would delete runs to make room is refused", async () => {
      await using own = await startRedis(["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
      const refused = {
        code: "DATA_UNAVAILABLE",
        message: expect.stringMatching(/allkeys-lru.*Set maxmemory-policy noeviction/),
      };
      await expect(checkRedis(own.url)).rejects.toMatchObject(refused);
      await expect(openRedisLog({ url: own.url })).rejects.toMatchObject(refused);
      expect(await own.client.keys("*")).toEqual([]);
    });

    test("one that is as it should be is told nothing of, its replica is refused", async () => {
      await using master = await startRedis(["--appendfsync", "everysec"]);
      await using replica = await startRedis(["--replicaof", "127.0.0.1", String(master.port)]);
      await expect.poll(() => checkRedis(master.url)).toEqual([]);
      const refused = {
        code: "DATA_UNAVAILABLE",
        message: expect.stringMatching(/replica, which takes no writes: give the address of its master/),
      };
      await expect(openRedisLog({ url: replica.url })).rejects.toMatchObject(refused);
      expect(await master.client.keys("*")).toEqual([]);
    });

    test("a Redis Cluster is refused", async () => {
      await using own = await startRedis(["--cluster-enabled", "yes"]);
      await expect(openRedisLog({ url: own.url })).rejects.toMatchObject({
        code: "DATA_UNAVAILABLE",
        message: expect.stringMatching(/Redis Cluster.*use one Redis/) as string,
      });
    });

    test("one that is too old is refused, with the version that is needed", async () => {
      await using old = await startOldRedis(redis.port);
      await expect(openRedisLog({ url: old.url })).rejects.toMatchObject({
        code: "DATA_UNAVAILABLE",
        message: expect.stringMatching(/Redis is 6\.0\.9+; the run log needs 6\.2 or newer/) as string,
      });
    });

    test("one that leaves its file to the system is told, with what is lost; one that keeps that to itself is not asked", async () => {
      await using lazy = await startRedis(["--appendfsync", "no"]);
      await using silent = await startRedis(["--appendfsync", "no", "--rename-command", "CONFIG", ""]);
      const messages = async (url: string) => (await checkRedis(url)).map(({ message }) => message);
      expect(await messages(lazy.url)).toEqual([
        expect.stringMatching(/appendfsync no.*a power loss may cost half a minute.*everysec or always/),
        expect.stringMatching(/no replica: when its disk is lost, every run is lost/),
      ]);
      expect(await messages(silent.url)).toEqual([expect.stringMatching(/no replica/)]);
    });

    test("a wrong password, and nobody there, are told without the password", async () => {
      await using own = await startRedis(["--requirepass", "right-one"]);
      const there = `redis://:wrong-one@127.0.0.1:${own.port}`;
      const nobody = "redis://:wrong-one@127.0.0.1:1";
      for (const [url, why] of [
        [there, /WRONGPASS/],
        [nobody, /ECONNREFUSED/],
      ] as const) {
        const error: unknown = await openRedisLog({ url }).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: "DATA_UNAVAILABLE", message: why });
        expect(JSON.stringify(deep(error))).not.toContain("wrong-one");
      }
      await using log = await openRedisLog({ url: `redis://:right-one@127.0.0.1:${own.port}` });
      await createRun(log, "a");
    });

    test("a log of a newer version is refused and left alone", async () => {
      const prefix = randomUUID();
      await redis.client.set(`{${prefix}}:schema`, 99);
      await expect(openRedisLog({ url: redis.url, prefix })).rejects.toMatchObject({
        code: "DATA_UNAVAILABLE",
        message: expect.stringContaining("newer stagewire (schema 99; this one knows 1)") as string,
      });
      expect(await redis.client.keys(`{${prefix}}*`)).toEqual([`{${prefix}}:schema`]);
    });
  });
});

describe("what a Redis says of itself", () => {
  const good =
    "redis_version:7.0.15\r\nrole:master\r\nconnected_slaves:1\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\ncluster_enabled:0\r\n";
  test.each([
    ["nothing", good, []],
    ["its version", good.replace("7.0.15", "6.0.9"), [["refuse", /6\.0\.9; the run log needs 6\.2/]]],
    ["a replica", good.replace("role:master", "role:slave"), [["refuse", /replica/]]],
    ["a cluster", good.replace("cluster_enabled:0", "cluster_enabled:1"), [["refuse", /Cluster/]]],
    ["eviction without a limit", good.replace("noeviction", "allkeys-lru"), []],
    ["no replica", good.replace("connected_slaves:1", "connected_slaves:0"), [["warn", /no replica/]]],
  ] as const)("%s", (_, info, expected) => {
    const findings = judgeRedis({ info, appendfsync: "everysec" }).map(({ level, message }) => [level, message]);
    expect(findings).toEqual(expected.map(([level, message]) => [level, expect.stringMatching(message)]));
  });

  test("appendfsync no", () => {
    expect(judgeRedis({ info: good, appendfsync: "no" })).toMatchObject([{ level: "warn", message: /appendfsync no/ }]);
  });
});

/** The Redis at `port`, but for what it says of its version. */
async function startOldRedis(port: number) {
  const proxy = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    const older = (chunk: Buffer) =>
      // As long as before: Redis has told the length.
      chunk.toString("latin1").replace(/(?<=redis_version:)\S+/, (version) => "6.0.".padEnd(version.length, "9"));
    upstream.on("data", (chunk) => client.write(older(chunk), "latin1"));
    client.on("data", (chunk) => upstream.write(chunk));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => {}).once("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

/** A client that goes with its test. */
class Client implements AsyncDisposable {
  readonly client: Redis;
  constructor(url: string) {
    this.client = new Redis(url);
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.client.disconnect();
  }
}

interface Pair extends AsyncDisposable {
  readonly here: RunLog;
  readonly there: RunLog;
}

/** Two logs over one store, as two processes have them. */
async function openPair(url = redis.url): Promise<Pair> {
  const options: RedisLogOptions = { url, prefix: randomUUID(), onListenerError: () => {} };
  const here = await openRedisLog(options);
  const there = await openRedisLog(options);
  return {
    here,
    there,
    async [Symbol.asyncDispose]() {
      await Promise.all([here[Symbol.asyncDispose](), there[Symbol.asyncDispose]()]);
    },
  };
}

/** What becomes of the append of a writer that was taken over and does not know, right where the log stands. */
async function zombieAppends(scripts: ReturnType<typeof createScripts>): Promise<unknown> {
  const options = { url: redis.url, prefix: randomUUID() };
  await using zombie = await openRedisLogWith(options, scripts);
  await using other = await openRedisLogWith(options, scripts);
  await createRun(zombie, "a");
  await appendTokens(zombie, "a", 2, 4);
  await other.claim("a");
  return appendTokens(zombie, "a", 5, 5).then(
    () => "taken",
    (error: unknown) => error,
  );
}

/** Everything of an error, its causes included. */
function deep(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return { ...error, message: error.message, stack: error.stack, cause: deep(error.cause) };
}
