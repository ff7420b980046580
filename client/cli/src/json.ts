import type { Connection } from "./connect.js";
import type { Output } from "./output.js";

/** One JSON value on a line of its own. */
export function writeJson(out: Output, value: object): void {
  out.write(`${JSON.stringify(value)}\n`);
}

/** The first line of a command that talked to a server. */
export function writeHello(out: Output, { info, url }: Connection, more: object = {}): void {
  writeJson(out, { type: "hello", protocol: info.protocol, version: info.version, ...more, url });
}

/** The last line. */
export function writeExit(out: Output, code: number, more: object = {}): void {
  writeJson(out, { type: "exit", code, ...more });
}
