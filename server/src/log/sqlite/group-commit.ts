import { StagewireError } from "@stagewire/shared";
import type Database from "libsql";
import type { FeedChange, LogEntry } from "../types.js";
import { logClosed, logUnavailable } from "./errors.js";

/** What a transaction did so far, for those who listen; thrown away when it fails. */
export interface Group {
  /** The newest revision; a write that changes a summary raises it. */
  revision: number;
  readonly entries: (readonly [runId: string, entry: LogEntry])[];
  /** The latest change of each run. */
  readonly changes: Map<string, FeedChange>;
}

/** Writes of one event-loop turn, over all runs, in one transaction. */
export interface GroupCommit {
  /**
   * Runs `write` in this turn's transaction, after those that were called before, and resolves after the commit.
   * A `StagewireError` thrown by `write` refuses this write alone, so it MUST be thrown before anything is written.
   * Anything else that fails rejects every write of the turn with `LOG_UNAVAILABLE`.
   */
  run<T>(write: (group: Group) => T): Promise<T>;
  /**
   * Runs `write` at once in a transaction of its own, of which nobody is told: where it fails, for want of disk say,
   * nobody's append fails with it. Throws what `write` threw, or `LOG_UNAVAILABLE`.
   */
  alone<T>(write: () => T): T;
  /** Commits what waits, now, and refuses what comes later. */
  close(): void;
  /** The newest committed revision. */
  readonly revision: number;
}

interface Queued {
  /** Returns what settles the caller's promise once the transaction is committed. */
  apply(group: Group): () => void;
  reject(error: unknown): void;
}

/** `onCommitted` is called after each commit; `onFailed` after a transaction that failed, and says what its writes reject with. */
export function createGroupCommit(
  db: Database.Database,
  startRevision: number,
  onCommitted: (group: Group) => void,
  onFailed: (error: unknown) => StagewireError,
): GroupCommit {
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  let queue: Queued[] = [];
  let revision = startRevision;
  let closed = false;

  function flush(): void {
    if (queue.length === 0) return;
    const writes = queue;
    queue = [];
    const group: Group = { revision, entries: [], changes: new Map() };
    const settlements: (() => void)[] = [];
    try {
      begin.run([]);
      for (const write of writes) settlements.push(applyOne(write, group));
      commit.run([]);
    } catch (error) {
      rollback(db);
      const failure = onFailed(error);
      for (const write of writes) write.reject(failure);
      return;
    }
    revision = group.revision;
    for (const settle of settlements) settle();
    onCommitted(group);
  }

  return {
    run(write) {
      if (closed) return Promise.reject(logClosed());
      return new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush);
        queue.push({
          apply: (group) => {
            const result = write(group);
            return () => resolve(result);
          },
          reject,
        });
      });
    },

    alone(write) {
      if (closed) throw logClosed();
      try {
        begin.run([]);
        const result = write();
        commit.run([]);
        return result;
      } catch (error) {
        rollback(db);
        throw logUnavailable(error);
      }
    },

    close() {
      closed = true;
      flush();
    },

    get revision() {
      return revision;
    },
  };
}

function applyOne(write: Queued, group: Group): () => void {
  try {
    return write.apply(group);
  } catch (error) {
    if (!(error instanceof StagewireError)) throw error;
    return () => write.reject(error);
  }
}

function rollback(db: Database.Database): void {
  try {
    // A full disk ends the transaction by itself.
    if (db.inTransaction) db.exec("ROLLBACK");
  } catch {
    // The next BEGIN fails then, and says so to its callers.
  }
}
