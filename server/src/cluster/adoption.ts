import type { Logger } from "pino";
import type { ClusterNode } from "../engine/cluster.js";
import type { ClusterStore, RunLog } from "../log/index.js";

/** Takes up open runs that nobody keeps. */
export interface Adoption {
  close(): void;
}

/** A run that is kept is written to every second: one that was not for so long, in ms, has lost its server. */
const SILENT_MS = 6_000;
const LOOK_MS = 1_000;
/** At most so many at a look, so that all servers get their share. */
const MOST = 20;

/**
 * Looks each second for open runs that have fallen silent, by Redis' clock. Two servers that find the same one both
 * claim it, and the log gives it to one.
 */
export function createAdoption(log: RunLog, store: ClusterStore, node: ClusterNode, logger: Logger): Adoption {
  /** By `performance.now()`: while Redis is away every run is silent, and its keeper has the first word afterwards. */
  let notBefore = 0;
  const look = async () => {
    if (log.full()) notBefore = performance.now() + SILENT_MS;
    if (performance.now() < notBefore) return;
    for (const { runId, epoch } of await store.silentRuns(SILENT_MS, MOST)) {
      if (node.commands(runId) || !(await node.knows(runId))) continue;
      logger.debug({ runId, epoch }, "a run has fallen silent: asking for it");
      void node.take(runId, epoch);
    }
  };
  const looking = setInterval(() => {
    look().catch((error: unknown) => logger.debug({ err: error }, "could not look for silent runs"));
  }, LOOK_MS).unref();
  return { close: () => clearInterval(looking) };
}
