import type { ServerResponse } from "node:http";
import { DRAIN_TIMEOUT_MS, MAX_BUFFERED_BYTES, type Outlet, untilClosed } from "../drain.js";

/** A response that streams, as a drain sees it. */
export function responseOutlet(response: ServerResponse): Outlet {
  return {
    get open() {
      return !response.destroyed && !response.writableEnded;
    },
    get full() {
      return response.writableLength > MAX_BUFFERED_BYTES;
    },
    // A response has no close code: the connection breaks, and `EventSource` comes back by itself.
    giveUp: () => void response.destroy(),
    closed: () => untilClosed(response, response.closed),
  };
}

/**
 * Breaks off a response that somebody else writes, by turns with its reader, once that reader has taken nothing for
 * 30 s: what writes it waits for the reader and asks nobody meanwhile.
 */
export function giveUpStalled(response: ServerResponse): void {
  let since: number | undefined;
  const timer = setInterval(() => {
    since = response.writableNeedDrain ? (since ?? performance.now()) : undefined;
    if (since !== undefined && performance.now() - since > DRAIN_TIMEOUT_MS) response.destroy();
  }, 1_000);
  response.on("drain", () => (since = undefined));
  response.once("close", () => clearInterval(timer));
}
