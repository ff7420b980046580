import { randomUUID } from "node:crypto";
import { openRedisLog } from "@stagewire/server";
import { afterAll, beforeAll, describe } from "vitest";
import { NO_REDIS, REDIS_SKIP, startRedis, type RedisServer } from "../support/redis-server.js";
import { webhooksOwedSuite } from "./webhooks-owed.js";

let redis: RedisServer;

describe.skipIf(NO_REDIS !== undefined)(`with redis-server${REDIS_SKIP}`, () => {
  beforeAll(async () => {
    redis = await startRedis(["--appendfsync", "no"]);
  });
  afterAll(async () => {
    await redis?.[Symbol.asyncDispose]();
  });

  webhooksOwedSuite("redis", 100, async () => {
    const log = await openRedisLog({ url: redis.url, prefix: randomUUID() });
    return { log, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
  });
});
