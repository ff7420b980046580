import { Redis } from "ioredis";
import { inject } from "vitest";

/** The Redis that servers of tests share where they are to be clusters; `test/support/cluster-setup.ts` starts it. */
export interface TestCluster {
  /** The address of a database that nobody has used yet, in whatever test process. */
  nextDatabase(): Promise<string>;
}

declare module "vitest" {
  interface ProvidedContext {
    clusterRedis: string;
  }
}

/** Databases of that Redis. The first one counts those that were given away: ids of processes say nothing of others. */
export const DATABASES = 8_192;

/** Defined in the project "cluster". */
export function clusterForTests(): TestCluster | undefined {
  const url = inject("clusterRedis") as string | undefined;
  if (url === undefined) return undefined;
  return {
    async nextDatabase() {
      const redis = new Redis(url);
      try {
        const given = await redis.incr("databases");
        return `${url}/${1 + (given % (DATABASES - 1))}`;
      } finally {
        redis.disconnect();
      }
    },
  };
}
