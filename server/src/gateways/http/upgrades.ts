import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface Upgrades {
  /** True where something speaks WebSocket at the path of this request. */
  takes(request: IncomingMessage): boolean;
  /** Hands the upgrade to what speaks at its path; refuses the others, and what may not pass the check. */
  readonly handle: Upgrade;
}

/** Shares the upgrades of a server between what speaks WebSocket on it, by path. */
export function createUpgrades(
  check: (headers: IncomingHttpHeaders) => string | undefined,
  paths: Readonly<Record<string, Upgrade>>,
): Upgrades {
  const upgradeFor = (request: IncomingMessage) => {
    const path = request.url?.split("?", 1)[0]?.replace(/\/$/, "") ?? "";
    return { path, upgrade: Object.hasOwn(paths, path) ? paths[path] : undefined };
  };
  return {
    takes: (request) => upgradeFor(request).upgrade !== undefined,
    handle(request, socket, head) {
      const { path, upgrade } = upgradeFor(request);
      const known = Object.keys(paths).join(" or ");
      const refusal =
        check(request.headers) ?? (upgrade ? undefined : `There is no WebSocket at ${path}: use ${known}.`);
      if (upgrade && refusal === undefined) return upgrade(request, socket, head);
      const status = upgrade ? "403 Forbidden" : "404 Not Found";
      // Node gives the socket away with nobody listening: one that breaks off now would end the process.
      socket.on("error", () => {}).once("finish", () => socket.destroy());
      socket.end(
        `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${refusal}\n`,
      );
    },
  };
}
