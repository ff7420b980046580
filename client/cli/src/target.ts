import type { Context } from "./context.js";
import { usageError } from "./errors.js";
import { PROGRAM } from "./program.js";

export const DEFAULT_PORT = "4400";
const DEFAULT_URL = `http://127.0.0.1:${DEFAULT_PORT}`;

/** Which server a command talks to. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string;
  /** False when nobody named a server. */
  readonly given: boolean;
  readonly token?: string;
}

/** The server by `--url`, else `STAGEWIRE_URL`, else where `serve` listens in the same environment and folder. */
export function targetOf({ args, env, configPort }: Context): Target {
  const named = args.values.url ?? (env["STAGEWIRE_URL"] || undefined);
  const token = args.values.token ?? (env["STAGEWIRE_TOKEN"] || undefined);
  const port = env["STAGEWIRE_PORT"] || env["PORT"] || String(configPort ?? DEFAULT_PORT);
  const here = /^[1-9]\d{0,4}$/.test(port) ? `http://127.0.0.1:${port}` : DEFAULT_URL;
  const from = args.values.url === undefined ? "STAGEWIRE_URL" : "--url";
  return { url: readUrl(named ?? here, from), given: named !== undefined, ...(token !== undefined && { token }) };
}

/** What tells one run's page from the others. */
export function pageOf(url: string, runId: string): string {
  return `${url.replace(/^ws/, "http")}/runs/${runId}`;
}

/** ` --url …`, to be put behind a command that is suggested, where the default would miss the server. */
export function urlOption(url: string): string {
  return url === DEFAULT_URL ? "" : ` --url ${url}`;
}

/** What lets a paused run go on. */
export function resumeCommand(runId: string, url: string): string {
  return `${PROGRAM} resume ${runId}${urlOption(url)}`;
}

function readUrl(text: string, from: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !["http:", "https:", "ws:", "wss:"].includes(url.protocol) || url.hostname === "") {
    throw usageError(`${from} is ${JSON.stringify(text)}, allowed an address like ${DEFAULT_URL}`);
  }
  return url.href.replace(/\/+$/, "");
}
