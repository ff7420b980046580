import type { TestProject } from "vitest/node";
import { startRedis } from "./redis-server.js";
import { DATABASES } from "./test-cluster.js";

/** One Redis for all servers of the project "cluster", gone with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await startRedis(["--databases", String(DATABASES)]);
  project.provide("clusterRedis", redis.url);
  return async () => {
    await redis[Symbol.asyncDispose]();
  };
}
