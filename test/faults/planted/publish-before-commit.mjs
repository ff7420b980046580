import { setTimeout as delay } from "node:timers/promises";
import { methodsOf, serveWith } from "./serve-with.mjs";

/** How long a commit takes, in ms: as on a slow disk, or over a network. */
const COMMIT_MS = 25;

/** Tells watchers of an append before it is committed. */
function publishBeforeCommit(log) {
  const listeners = new Map();
  /** Appends of one run stay in order. */
  const turns = new Map();
  return {
    ...methodsOf(log),
    subscribe(runId, listener) {
      const ofRun = listeners.get(runId) ?? new Set();
      listeners.set(runId, ofRun.add(listener));
      return () => ofRun.delete(listener);
    },
    async append(input) {
      for (const listener of listeners.get(input.runId) ?? []) listener({ epoch: input.epoch, events: input.events });
      const before = turns.get(input.runId) ?? Promise.resolve();
      const mine = before
        .catch(() => {})
        .then(() => delay(COMMIT_MS))
        .then(() => log.append(input));
      turns.set(input.runId, mine);
      return mine;
    },
  };
}

await serveWith(publishBeforeCommit);
