import { inject } from "vitest";

/** The Redis that servers of tests share where they are to be clusters; `test/support/cluster-setup.ts` starts it. */
export interface TestCluster {
  /** The address of a database that nobody has used yet. */
  nextDatabase(): string;
}

declare module "vitest" {
  interface ProvidedContext {
    clusterRedis: string;
  }
}

/** Databases of that Redis: each test process has its share. */
export const DATABASES = 8_192;
const OF_A_PROCESS = 1_024;

const first = (process.pid * OF_A_PROCESS) % DATABASES;
let used = 0;

/** Defined in the project "cluster". */
export function clusterForTests(): TestCluster | undefined {
  const url = inject("clusterRedis") as string | undefined;
  if (url === undefined) return undefined;
  return { nextDatabase: () => `${url}/${first + (used++ % OF_A_PROCESS)}` };
}
