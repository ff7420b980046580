import { type RedisServer, startRedis } from "./redis-server.js";

/** The Redis that a test process has for its servers, where they are to be clusters. */
export interface TestCluster {
  /** The address of a database that nobody has used yet. */
  nextDatabase(): string;
}

const DATABASES = 4_096;

let redis: Promise<RedisServer> | undefined;
let used = 0;

/** Defined where `STAGEWIRE_TEST_CLUSTER` is set. The Redis ends with this process. */
export async function clusterForTests(): Promise<TestCluster | undefined> {
  if (process.env["STAGEWIRE_TEST_CLUSTER"] === undefined) return undefined;
  redis ??= startRedis(["--databases", String(DATABASES), "--save", ""]).then((started) => {
    process.once("exit", () => started.signal("SIGKILL"));
    return started;
  });
  const { url } = await redis;
  return { nextDatabase: () => `${url}/${used++ % DATABASES}` };
}
