import type { WebSocket } from "ws";
import { MAX_BUFFERED_BYTES, type Outlet, untilClosed } from "../drain.js";

/** Close code for a reader that is too slow: it resumes by cursor. */
const CLOSE_TOO_SLOW = 4008;

/** A WebSocket as a drain sees it. */
export function socketOutlet(socket: WebSocket): Outlet {
  return {
    get open() {
      return socket.readyState === socket.OPEN;
    },
    get full() {
      return socket.bufferedAmount > MAX_BUFFERED_BYTES;
    },
    // The close waits behind what is buffered; `ws` breaks the connection off itself when nobody answers it.
    giveUp: () => socket.close(CLOSE_TOO_SLOW, "too slow: resume by cursor"),
    closed: () => untilClosed(socket, socket.readyState === socket.CLOSED),
  };
}
