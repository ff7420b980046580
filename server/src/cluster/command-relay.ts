import type { Logger } from "pino";
import type { ClusterNode } from "../engine/cluster.js";
import type { ClusterStore } from "../log/index.js";

/** Brings commands to the runs that are kept here: at once after a nudge, and each second those whose nudge was lost. */
export interface CommandRelay {
  close(): void;
}

const LOOK_MS = 1_000;

export function createCommandRelay(store: ClusterStore, node: ClusterNode, logger: Logger): CommandRelay {
  /** Runs whose commands are being dealt with; true when others came meanwhile. */
  const busy = new Map<string, boolean>();
  let closed = false;

  const deal = async (runId: string) => {
    for (const { id, envelope, by } of await store.commands(runId)) {
      const commands = node.commands(runId);
      if (!commands || closed) return;
      // One that can't be dealt with here stays for whoever keeps the run then. Dealt with twice, it acts once.
      await (await commands).handle(envelope, by);
      await store.commandDone(runId, id);
    }
  };
  const deliver = async (runId: string): Promise<void> => {
    if (closed || !node.commands(runId)) return;
    if (busy.has(runId)) {
      busy.set(runId, true);
      return;
    }
    for (;;) {
      busy.set(runId, false);
      await deal(runId).catch((error: unknown) => {
        logger.debug({ runId, err: error }, "a command could not be dealt with here; it is looked at again");
      });
      if (closed || !busy.get(runId)) break;
    }
    busy.delete(runId);
  };

  store.onCommand((runId) => void deliver(runId));
  const looking = setInterval(() => {
    store.commandedRuns().then(
      (runIds) => {
        for (const runId of runIds) void deliver(runId);
      },
      // The log says that Redis is away.
      () => {},
    );
  }, LOOK_MS).unref();

  return {
    close() {
      closed = true;
      clearInterval(looking);
    },
  };
}
