import { once } from "node:events";
import { createServer, type IncomingMessage, request as httpRequest } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * What a proxy makes of an upgrade: passes it on, answers it with an HTTP status, breaks it off, never answers it, or
 * answers it and passes nothing on.
 */
export type Upgrades = "pass" | number | "destroy" | "swallow" | "mute";

/** A reverse proxy as they stand in front of servers: requests go through, and with upgrades it does as it is told. */
export interface BlockingProxy extends AsyncDisposable {
  readonly url: string;
  /** Applies to upgrades to come. */
  upgrades: Upgrades;
  /** The status that every request and upgrade is answered with, as when the server behind is down. */
  down: number | undefined;
  /** Called before an upgrade is dealt with; `nth` counts from 1. */
  onUpgrade: (nth: number) => void;
  /** Upgrades asked for so far. */
  readonly asked: number;
  /** Everything that was asked for, as `GET /path`. */
  readonly requests: readonly string[];
  /** Breaks off every WebSocket that got through. */
  cutSockets(): void;
  /** Breaks off every request that is being answered. */
  cutRequests(): void;
}

export async function startBlockingProxy(target: string, upgrades: Upgrades): Promise<BlockingProxy> {
  const { hostname, port } = new URL(target);
  const tunnels = new Set<Duplex>();
  const requests: string[] = [];
  const state = { upgrades, down: undefined as number | undefined, asked: 0, onUpgrade: (_nth: number) => {} };

  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (state.down !== undefined) {
      response.writeHead(state.down, { "content-type": "text/html" }).end("<h1>it is down</h1>");
      return;
    }
    const { method, url: path, headers } = request;
    const onward = httpRequest({ host: hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    onward.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  });

  server.on("upgrade", (request, socket: Socket, head: Buffer) => {
    state.onUpgrade(++state.asked);
    tunnels.add(socket);
    socket.on("error", () => undefined).once("close", () => tunnels.delete(socket));
    const how = state.down ?? state.upgrades;
    if (typeof how === "number") {
      socket.end(`HTTP/1.1 ${how} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    } else if (how === "destroy") socket.destroy();
    else if (how !== "swallow") tunnel(request, socket, head, how === "mute");
  });

  function tunnel(request: IncomingMessage, near: Socket, head: Buffer, mute: boolean): void {
    const far = connect(Number(port), hostname);
    far.on("error", () => undefined).once("close", () => near.destroy());
    near.once("close", () => far.destroy());
    const lines = Array.from({ length: request.rawHeaders.length / 2 }, (_, index) =>
      request.rawHeaders.slice(2 * index, 2 * index + 2).join(": "),
    );
    far.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    far.write(head);
    if (mute) far.once("data", (answer) => near.write(answer));
    else near.pipe(far).pipe(near);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cutSockets = (): void => {
    for (const socket of tunnels) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get upgrades() {
      return state.upgrades;
    },
    set upgrades(how) {
      state.upgrades = how;
    },
    get down() {
      return state.down;
    },
    set down(status) {
      state.down = status;
    },
    get onUpgrade() {
      return state.onUpgrade;
    },
    set onUpgrade(listener) {
      state.onUpgrade = listener;
    },
    get asked() {
      return state.asked;
    },
    requests,
    cutSockets,
    cutRequests: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.close();
      cutSockets();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
