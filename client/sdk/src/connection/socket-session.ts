import { PlatformWebSocket } from "#websocket";
import type { StagewireError } from "@stagewire/shared";
import type { AppRouter } from "@stagewire/server";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { fromShape } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import { createLatch } from "../signals.js";
import { retryDelayMs } from "./backoff.js";
import { type Loss, observeSockets } from "./observed-sockets.js";
import type { Session, SessionEvents, SessionLoss } from "./session.js";

export interface SocketSessionEvents extends SessionEvents {
  /** The server was heard on it. */
  onOpen(session: Session): void;
}

/**
 * Opens a socket. It counts as open once something came back on it: a proxy may accept one and pass nothing on. tRPC's
 * client speaks the protocol on it; its own reconnecting is cut off as soon as the socket is
 * lost, because it can't be hurried, stopped or told apart from the outside. It stays in use for one case: a server
 * that asks its clients to reconnect keeps serving them on the old socket until the new one is open.
 */
export function openSocketSession(options: ResolvedOptions, events: SocketSessionEvents): Session {
  const { latch: lost, abort: markLost } = createLatch();
  let loss: SessionLoss | undefined;
  let refusal: StagewireError | undefined;
  let heardAt = Date.now();
  let opened = false;
  let confirmed = false;

  const sockets = observeSockets(PlatformWebSocket, {
    opened(socket) {
      heardAt = Date.now();
      // Whatever is asked first may take its time; this is answered at once.
      socket.send("PING");
    },
    heard(text) {
      heardAt = Date.now();
      refusal ??= readRefusal(text);
      if (opened || lost.aborted) return;
      opened = true;
      clearTimeout(openTimeout);
      events.onOpen(session);
    },
    lost: lose,
  });

  const wsClient = createWSClient({
    url: options.endpoint,
    WebSocket: sockets.Socket,
    ...(options.token !== undefined && { connectionParams: { token: options.token } }),
    retryDelayMs: (attempt) => retryDelayMs(attempt, options.maxRetryDelayMs),
    // An idle socket is found dead within `silenceMs`, as a watched run is.
    keepAlive: { enabled: true, intervalMs: options.silenceMs / 2, pongTimeoutMs: options.silenceMs / 2 },
  });
  // A frozen server still accepts TCP connections: without this, opening would wait for ever.
  const openTimeout = setTimeout(() => lose({ detail: "timed out" }), options.silenceMs);

  function lose(why: Loss): void {
    if (lost.aborted) return;
    loss = { ...why, ...(refusal && { refusal }) };
    end("dead");
    events.onLost(session);
  }

  function end(how: "dead" | "goodbye"): void {
    if (lost.aborted) return;
    clearTimeout(openTimeout);
    markLost();
    wsClient.close().catch(() => undefined);
    sockets.end(how === "goodbye");
  }

  const session: Session = {
    transport: "websocket",
    procedures: createTRPCClient<AppRouter>({ links: [wsLink({ client: wsClient })] }),
    lost,
    get loss() {
      return loss;
    },
    get heardAt() {
      return heardAt;
    },
    confirm() {
      if (confirmed || lost.aborted) return;
      confirmed = true;
      events.onConfirmed(session);
    },
    end,
  };
  return session;
}

/** The server's refusal to take this client: the only error that belongs to no request. tRPC's client ignores it. */
function readRefusal(text: string): StagewireError | undefined {
  if (!text.startsWith('{"id":null') || !text.includes('"error"')) return undefined;
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === "object" && error !== null ? fromShape(error, error) : undefined;
  } catch {
    return undefined;
  }
}
