import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { openRedisLog } from "../../server/src/log/index.js";
import type { RunLog } from "../../server/src/log/index.js";
import { NO_REDIS, REDIS_SKIP, startRedis, type RedisServer } from "../support/redis-server.js";
import { runLogSuite } from "./run-log.js";
import type { LogFixture } from "./run-log-support.js";

let redis: RedisServer;

describe.skipIf(NO_REDIS !== undefined)(`with redis-server${REDIS_SKIP}`, () => {
  beforeAll(async () => {
    redis = await startRedis(["--appendfsync", "no"]);
  });
  afterAll(async () => {
    await redis?.[Symbol.asyncDispose]();
  });

  runLogSuite("redis", openFixture);
});

/** A log of its own in the one Redis of this file. */
async function openFixture(): Promise<LogFixture> {
  const options = { url: redis.url, prefix: randomUUID(), onListenerError: () => {} };
  let log: RunLog = await openRedisLog(options);
  return {
    get log() {
      return log;
    },
    async reopen() {
      await log[Symbol.asyncDispose]();
      log = await openRedisLog(options);
      return log;
    },
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]();
    },
  };
}
