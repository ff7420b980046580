import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { Server } from "socket.io";
import type { Services } from "../services.js";
import { serveSocket } from "./connection.js";
import type { SocketIoClientEvents, SocketIoServerEvents } from "./messages.js";

/** How long a connection may take to say what it is, in ms. */
const INIT_TIMEOUT_MS = 5_000;
/** Well under the 60 s at which common proxies drop a quiet connection. */
const PING_MS = 20_000;

export interface SocketIoOptions extends Services {
  readonly maxMessageBytes: number;
  readonly logger: Logger;
}

/** Socket.IO, over WebSocket and long polling. Whoever calls it has checked `Host` and `Origin`. */
export interface SocketIoGateway {
  request(request: IncomingMessage, response: ServerResponse): void;
  /** Takes an upgrade request over. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket; clients come back by themselves. */
  close(): Promise<void>;
}

export function createSocketIo(options: SocketIoOptions): SocketIoGateway {
  const { maxMessageBytes, logger, ...services } = options;
  // Never listens. Attached to the real one, Socket.IO would take its requests and upgrades before they are checked.
  const inner = createServer();
  const io = new Server<SocketIoClientEvents, SocketIoServerEvents>(inner, {
    path: "/socket.io",
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    connectTimeout: INIT_TIMEOUT_MS,
    pingInterval: PING_MS,
    pingTimeout: PING_MS,
  });
  io.on("connection", (socket) => serveSocket(socket, services, logger));
  return {
    request: (request, response) => void inner.emit("request", request, response),
    upgrade: (request, socket, head) => void inner.emit("upgrade", request, socket, head),
    close: () => io.close(),
  };
}
