import { once, type EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Bytes that may wait in a connection before no more frames are made for it. */
export const MAX_BUFFERED_BYTES = 1_048_576;
/** How long a connection may stay full, in ms. */
export const DRAIN_TIMEOUT_MS = 30_000;
/** Not every connection tells when it drains, so it is looked at this often, in ms, and only while it is full. */
const LOOK_MS = 20;

/** What there is to know of a connection to a reader, whatever it is made of. */
export interface Outlet {
  /** False once it is closing: it drains no more. */
  readonly open: boolean;
  /** True while more waits in it than should. */
  readonly full: boolean;
  /** Ends it for a reader that is too slow: it comes back with its cursor. `open` is false afterwards. */
  giveUp(): void;
  /** Resolves once it is closed. */
  closed(): Promise<void>;
}

/**
 * Returns what a watcher asks before each frame: nothing to wait for, or a promise that resolves once the connection
 * is not full any more, or is gone. One that stays full for 30 s is given up.
 */
export function createDrain(outlet: Outlet): () => Promise<void> | undefined {
  let draining: Promise<void> | undefined;
  const drain = async () => {
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    while (outlet.open && outlet.full) {
      if (performance.now() > deadline) outlet.giveUp();
      else await delay(LOOK_MS);
    }
    // A connection that closes drains no more. Its watches end by their own signals, which its close aborts.
    if (!outlet.open) await outlet.closed();
    draining = undefined;
  };
  return () => {
    if (outlet.open && !outlet.full) return undefined;
    draining ??= drain();
    return draining;
  };
}

/** Resolves with the `close` of a connection that may be closed already. */
export async function untilClosed(connection: EventEmitter, isClosed: boolean): Promise<void> {
  // Once it is closed nobody asks any more; a turn of the event loop for one who is just about to.
  if (isClosed) return delay(0);
  await once(connection, "close").catch(() => {});
}
