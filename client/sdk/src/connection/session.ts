import type { AppRouter } from "@stagewire/server";
import type { StagewireError } from "@stagewire/shared";
import type { TRPCClient } from "@trpc/client";
import type { Latch } from "../signals.js";
import type { Loss } from "./observed-sockets.js";

/** The server's procedures, over whatever carries them. */
export type Procedures = TRPCClient<AppRouter>;

/** One life of the connection: from opening it to losing it. It never comes back; a new one is made. */
export interface Session {
  readonly transport: "websocket" | "sse";
  readonly procedures: Procedures;
  /** Aborts when the connection is lost or given up. Everything in flight on it is over then. */
  readonly lost: Latch;
  /** Why it was lost, where the other end or the platform said so. */
  readonly loss: SessionLoss | undefined;
  /** Unix ms of the last sign of life from the server. */
  readonly heardAt: number;
  /** To be called when the server answered a request: it has accepted this client. */
  confirm(): void;
  /** Ends it: at once for one that is taken for dead, else with a goodbye. Does not call `onLost`. */
  end(how: "dead" | "goodbye"): void;
}

export interface SessionLoss extends Loss {
  /** What the server said when it refused the client. */
  readonly refusal?: StagewireError;
}

export interface SessionEvents {
  onConfirmed(session: Session): void;
  onLost(session: Session): void;
}
