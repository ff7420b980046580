import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ServerInfo } from "@stagewire/shared";
import { openDoors, openWith, type ServerOptions } from "./create-server.js";
import type { Engine } from "./engine/engine.js";

/** Everything but what belongs to the server that it is mounted on: its address, and its pages. */
export type HandlerOptions = Omit<ServerOptions, "host" | "port" | "webRoot">;

/**
 * The doors without a port: `/trpc`, `/api`, `/socket.io` and `/ag-ui`, on a server that is there already.
 * Who may reach that server is its own affair; `Host` and `Origin` are checked here, so its public names belong into
 * `allowedHosts`.
 */
export interface StagewireHandler extends AsyncDisposable {
  readonly info: ServerInfo;
  readonly engine: Engine;
  /**
   * Answers a request whose path is one of the doors', and returns true; returns false for all others, and once it is
   * closed, and leaves them alone then. The body MUST NOT have been read before.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** The same for upgrades to WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** As the server's: lets steps that run end, at most `drainMs`, then closes. */
  shutdown(): Promise<void>;
  /** Ends every connection that it serves, stops work, closes the log. The server it is mounted on goes on. Twice is fine. */
  close(): Promise<void>;
}

const DOORS = /^\/(?:trpc|api|socket\.io|ag-ui)(?:[/?]|$)/;

/** Opens the log, goes on with runs that are not closed, and is ready to be asked. Rejects as `createServer` does. */
export async function createHandler(options: HandlerOptions = {}): Promise<StagewireHandler> {
  return await openWith(options, async (config, given, logger, opened) => {
    const { engine, info, app, upgrades } = await openDoors(config, given, logger, opened);
    await app.ready();
    const responses = new Set<ServerResponse>();
    let closed = false;
    // First of all: streams that go on would keep the server they came by from closing.
    opened.defer(async () => {
      closed = true;
      for (const response of responses) response.destroy();
    });
    return {
      info,
      engine,
      handle(request, response) {
        if (closed || !DOORS.test(request.url ?? "")) return false;
        responses.add(response);
        response.once("close", () => responses.delete(response));
        app.routing(request, response);
        return true;
      },
      upgrade(request, socket, head) {
        if (closed || !upgrades.takes(request)) return false;
        upgrades.handle(request, socket, head);
        return true;
      },
      async shutdown() {
        await engine.drain(config.drainMs);
        await opened.close();
      },
      close: () => opened.close(),
      [Symbol.asyncDispose]: () => opened.close(),
    };
  });
}
