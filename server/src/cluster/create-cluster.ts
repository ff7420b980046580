import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Cluster } from "../engine/cluster.js";
import type { RedisLog } from "../log/index.js";
import { type Adoption, createAdoption } from "./adoption.js";
import { type CommandRelay, createCommandRelay } from "./command-relay.js";
import { createLeadership } from "./leadership.js";
import { createRunQueue } from "./run-queue.js";

export interface ClusterOptions {
  readonly log: RedisLog;
  /** Runs that are worked here at a time; 0 leaves them to other servers. */
  readonly concurrency: number;
  readonly logger: Logger;
}

/** How often the other servers are told which runs are watched here, in ms. */
const WATCHED_MS = 2_000;

/** Takes part in a cluster of servers on one Redis. Close it after the engine and before the log. */
export function createCluster({ log, concurrency, logger }: ClusterOptions): Cluster {
  const store = log.cluster;
  const queue = createRunQueue({ log, store, concurrency, logger });
  const leadership = createLeadership(store, randomUUID(), logger);
  let relay: CommandRelay | undefined;
  let adoption: Adoption | undefined;
  let telling: NodeJS.Timeout | undefined;
  const released = new Set<Promise<void>>();

  return {
    slots: queue.slots,
    join(node) {
      relay = createCommandRelay(store, node, logger);
      adoption = createAdoption(log, store, node, logger);
      telling = setInterval(() => {
        // Missed once it is told the next time; nobody is cancelled for less.
        store.tellWatched([...node.watched()]).catch(() => {});
      }, WATCHED_MS).unref();
      queue.join(node);
    },
    send: (envelope, by) => store.sendCommand(envelope, by),
    lastWatched: (runId) => store.lastWatched(runId),
    release(runId, epoch) {
      // One that can't be told falls silent, and is found then.
      const told = store.release(runId, epoch).catch(() => {});
      released.add(told);
      void told.finally(() => released.delete(told));
    },
    get leads() {
      return leadership.leads;
    },
    whileLeading: (begin) => leadership.whileLeading(begin),
    drain() {
      adoption?.close();
      queue.drain();
    },
    async [Symbol.asyncDispose]() {
      adoption?.close();
      relay?.close();
      clearInterval(telling);
      await leadership.close();
      await Promise.all(released);
      await queue.close();
    },
  };
}
