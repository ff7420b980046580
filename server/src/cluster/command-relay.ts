import { type CommandEnvelope, StagewireError } from "@stagewire/shared";
import type { Logger } from "pino";
import type { ClusterNode } from "../engine/cluster.js";
import type { Commands } from "../engine/commands.js";
import type { ClusterStore, SentCommand } from "../log/index.js";

/** Brings commands to the runs that are kept here: at once after a nudge, and each second those whose nudge was lost. */
export interface CommandRelay {
  close(): void;
}

const LOOK_MS = 1_000;

export function createCommandRelay(store: ClusterStore, node: ClusterNode, logger: Logger): CommandRelay {
  /** Runs whose commands are being dealt with; true when others came meanwhile. */
  const busy = new Map<string, boolean>();
  const closing = new AbortController();

  /** Of those that this version can't read: each is told once. */
  const unread = new Set<string>();

  const handle = async (commands: Commands, envelope: CommandEnvelope, by: string) => {
    try {
      await commands.handle(envelope, by);
    } catch (error) {
      // Something is wrong with the log or this server: the command stays for whoever keeps the run then.
      if (error instanceof StagewireError) throw error;
      // It would fail each time, and those behind it would wait for ever.
      const { runId, commandId, command } = envelope;
      logger.error({ runId, commandId, command: command.type, err: error }, "a command was given up: it failed here");
    }
  };
  async function* waiting(runId: string): AsyncGenerator<SentCommand, void> {
    let page = await store.commands(runId);
    while (page.length > 0) {
      yield* page;
      page = await store.commands(runId, page.at(-1)?.id);
    }
  }
  const deal = async (runId: string) => {
    for await (const { id, envelope, by } of waiting(runId)) {
      const commands = node.commands(runId);
      if (!commands || closing.signal.aborted) return;
      if (!envelope) {
        // It waits for a server that can; the others don't wait for it.
        const key = `${runId} ${id}`;
        if (!unread.has(key)) logger.warn({ runId, id }, "a command is left to a newer server: it can't be read here");
        unread.add(key);
        continue;
      }
      // Dealt with twice, it acts once.
      await handle(await commands, envelope, by);
      await store.commandDone(runId, id);
    }
  };
  const deliver = async (runId: string): Promise<void> => {
    if (closing.signal.aborted || !node.commands(runId)) return;
    if (busy.has(runId)) {
      busy.set(runId, true);
      return;
    }
    do {
      busy.set(runId, false);
      await deal(runId).catch((error: unknown) => {
        logger.debug({ runId, err: error }, "a command could not be dealt with here; it is looked at again");
      });
    } while (busy.get(runId) && !closing.signal.aborted);
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
      closing.abort();
      clearInterval(looking);
    },
  };
}
