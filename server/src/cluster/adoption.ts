import type { Logger } from "pino";
import type { ClusterNode } from "../engine/cluster.js";
import type { ClusterStore, RunLog, SilentRun } from "../log/index.js";

/** Takes up open runs that nobody keeps. */
export interface Adoption {
  close(): void;
}

/** A run that is kept is written to every second: one that was not for so long, in ms, has lost its server. */
const SILENT_MS = 6_000;
const LOOK_MS = 1_000;
/** At most so many at a look, so that all servers get their share. */
const MOST = 20;
/** So many are read at a time: those that are left to others don't hide the rest. */
const PAGE = 200;

/**
 * Looks each second for open runs that have fallen silent, by Redis' clock. Two servers that find the same one both
 * claim it, and the log gives it to one.
 */
export function createAdoption(log: RunLog, store: ClusterStore, node: ClusterNode, logger: Logger): Adoption {
  /** By `performance.now()`: while Redis is away every run is silent, and its keeper has the first word afterwards. */
  let notBefore = 0;
  /** Silent runs whose pipeline is not configured here: it is asked for once. */
  let unknown: ReadonlySet<string> = new Set();
  async function* silent(): AsyncGenerator<SilentRun, void> {
    for (let from = 0; ; from += PAGE) {
      const page = await store.silentRuns(SILENT_MS, PAGE, from);
      yield* page;
      if (page.length < PAGE) return;
    }
  }
  const look = async () => {
    if (log.full()) notBefore = performance.now() + SILENT_MS;
    if (performance.now() < notBefore) return;
    const left = new Set<string>();
    let asked = 0;
    for await (const { runId, epoch } of silent()) {
      if (node.commands(runId)) continue;
      if (unknown.has(runId) || !(await node.knows(runId))) {
        left.add(runId);
        continue;
      }
      logger.debug({ runId, epoch }, "a run has fallen silent: asking for it");
      void node.take(runId, epoch);
      if (++asked === MOST) break;
    }
    unknown = left;
  };
  const looking = setInterval(() => {
    look().catch((error: unknown) => logger.debug({ err: error }, "could not look for silent runs"));
  }, LOOK_MS).unref();
  return { close: () => clearInterval(looking) };
}
