import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import type { Logger } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import { createDrain } from "../drain.js";
import { logFailure } from "../errors.js";
import type { Services } from "../services.js";
import { createContext, MAX_BATCH_SIZE } from "./context.js";
import { createEncoder } from "./encoder.js";
import { failureOf } from "./errors.js";
import { appRouter } from "./router.js";
import { socketOutlet } from "./socket-outlet.js";

/** How long a connection that announced its parameters may keep them back, in ms. */
const INIT_TIMEOUT_MS = 5_000;
const CLOSE_INIT_TIMEOUT = 4408;
const CLOSE_GOING_AWAY = 1001;
/** Quiet ms after which the server pings: well under the 60 s at which common proxies drop a connection. */
const PING_MS = 20_000;
const PONG_WAIT_MS = 10_000;

export interface TrpcSocketOptions extends Services {
  readonly maxMessageBytes: number;
  readonly logger: Logger;
}

/** tRPC over WebSocket. */
export interface TrpcSockets {
  /** Takes an upgrade request over. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket with 1001; clients reconnect elsewhere or later. */
  close(): Promise<void>;
}

export function createTrpcSockets(options: TrpcSocketOptions): TrpcSockets {
  const { maxMessageBytes, logger, ...services } = options;
  const wss = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  const admitted = new WeakSet<WebSocket>();
  const handler = applyWSSHandler({
    wss,
    router: appRouter,
    maxBatchSize: MAX_BATCH_SIZE,
    createContext({ res }) {
      admitted.add(res);
      return createContext(services, createDrain(socketOutlet(res)));
    },
    keepAlive: { enabled: true, pingMs: PING_MS, pongWaitMs: PONG_WAIT_MS },
    experimental_encoder: createEncoder(),
    onError: ({ error, path }) => logFailure(logger, failureOf(error), { path }),
  });
  wss.on("connection", (socket) => {
    const timer = setTimeout(() => {
      if (!admitted.has(socket)) socket.close(CLOSE_INIT_TIMEOUT, "connection parameters were not sent in time");
    }, INIT_TIMEOUT_MS);
    socket.once("close", () => clearTimeout(timer));
  });
  return {
    upgrade(request, socket, head) {
      wss.handleUpgrade(request, socket, head, (client) => wss.emit("connection", client, request));
    },
    async close() {
      handler.broadcastReconnectNotification();
      for (const client of wss.clients) client.close(CLOSE_GOING_AWAY, "the server is shutting down");
      // Those that do not answer the close are not waited for.
      setImmediate(() => wss.clients.forEach((client) => client.terminate()));
      await new Promise((resolve) => wss.close(resolve));
    },
  };
}
