import { StagewireError } from "@stagewire/shared";
import { type Connection, logClosed, type ScriptArgument } from "./connection.js";
import type { ScriptName } from "./scripts.js";

/** Writes of one event-loop turn, over all runs, in one pipeline: in the order of the calls, each atomic by itself. */
export interface Writes {
  /**
   * `settle` makes the result out of the reply, or throws what the caller is refused with. It is called in the order
   * of the writes, and before any caller hears of its own: whoever has to be told of a write is told there.
   */
  run<T>(name: ScriptName, args: readonly ScriptArgument[], settle: (reply: unknown) => T): Promise<T>;
  /** Sends what waits, refuses what comes later, and resolves when all of it has its answer. */
  close(): Promise<void>;
}

interface Queued {
  readonly name: ScriptName;
  readonly args: readonly ScriptArgument[];
  /** Returns what settles the caller's promise. */
  apply(reply: unknown): () => void;
  reject(error: unknown): void;
}

export function createWrites(connection: Connection): Writes {
  let queue: Queued[] = [];
  let closed = false;
  const underWay = new Set<Promise<void>>();

  function flush(): void {
    if (queue.length === 0) return;
    const writes = queue;
    queue = [];
    const done = connection.pipeline(writes).then((results) => {
      const settlements = results.map((result, index) => settlement(writes[index], result));
      for (const settle of settlements) settle();
    });
    underWay.add(done);
    void done.finally(() => underWay.delete(done));
  }

  return {
    run(name, args, settle) {
      if (closed) return Promise.reject(logClosed());
      return new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush);
        queue.push({
          name,
          args,
          apply: (reply) => {
            const result = settle(reply);
            return () => resolve(result);
          },
          reject,
        });
      });
    },
    async close() {
      closed = true;
      flush();
      await Promise.all(underWay);
    },
  };
}

function settlement(
  write: Queued | undefined,
  result: { readonly reply: unknown } | { readonly error: StagewireError },
): () => void {
  if (!write) return () => {};
  if ("error" in result) return () => write.reject(result.error);
  try {
    return write.apply(result.reply);
  } catch (error) {
    const failure =
      error instanceof StagewireError
        ? error
        : new StagewireError("INTERNAL", "Redis gave an answer that the run log does not understand.", {
            cause: error,
          });
    return () => write.reject(failure);
  }
}
