import type { Socket } from "socket.io";
import { type Outlet, untilClosed } from "../drain.js";

/** Frames that may wait behind the one that is being sent: at most 1 MiB, as on every door. */
const MAX_WAITING_FRAMES = 8;

/** The connection below a Socket.IO socket, as a drain sees it. */
export function connectionOutlet({ conn }: Socket): Outlet {
  /** Packets since the transport last took what there was: it takes no more while it is sending. */
  let waiting = 0;
  conn.on("packetCreate", () => waiting++);
  conn.on("drain", () => (waiting = 0));
  return {
    get open() {
      return conn.readyState === "open";
    },
    get full() {
      return waiting >= MAX_WAITING_FRAMES;
    },
    // Not Socket.IO's own disconnect: a client takes that for final, and does not come back.
    giveUp: () => conn.close(true),
    closed: () => untilClosed(conn, conn.readyState === "closed"),
  };
}
