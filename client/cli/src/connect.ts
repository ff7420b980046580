import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type Client, createClient } from "@stagewire/client";
import { type ServerInfo, StagewireError } from "@stagewire/shared";
import type { Context } from "./context.js";
import { diagnose } from "./diagnose.js";
import { systemCode, usageError } from "./errors.js";
import { PROGRAM } from "./program.js";

const DEFAULT_PORT = "4400";
const DEFAULT_URL = `http://127.0.0.1:${DEFAULT_PORT}`;
const PROBE_MS = 5_000;
const CALL_MS = 10_000;
/** For the first answer, by WebSocket or without: a server that takes connections and says nothing is none of ours. */
const GREETING_MS = 8_000;

/** Which server a command talks to. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string;
  /** False when nobody named a server. */
  readonly given: boolean;
  readonly token?: string;
}

/** A server that answered. Disposing closes the connection; runs go on. */
export interface Connection extends AsyncDisposable {
  readonly client: Client;
  readonly info: ServerInfo;
  readonly url: string;
  readonly transport: Transport;
  /** Why that is no WebSocket, where one was tried. */
  readonly detour?: string;
}

type Transport = "websocket" | "sse";

/** The server by `--url`, else `STAGEWIRE_URL`, else where `serve` listens in the same environment. */
export function targetOf({ args, env }: Context): Target {
  const named = args.values.url ?? (env["STAGEWIRE_URL"] || undefined);
  const token = args.values.token ?? (env["STAGEWIRE_TOKEN"] || undefined);
  const port = env["STAGEWIRE_PORT"] || env["PORT"] || DEFAULT_PORT;
  const here = /^[1-9]\d{0,4}$/.test(port) ? `http://127.0.0.1:${port}` : DEFAULT_URL;
  const from = args.values.url === undefined ? "STAGEWIRE_URL" : "--url";
  return { url: readUrl(named ?? here, from), given: named !== undefined, ...(token !== undefined && { token }) };
}

/** Connects; rejects with `SERVER_UNREACHABLE` at once when nothing listens there, else with what is wrong in between. */
export async function connect(target: Target): Promise<Connection> {
  const problem = await probe(target);
  if (problem) throw problem;
  const { url, token } = target;
  const client = createClient({ url, callTimeoutMs: CALL_MS, ...(token !== undefined && { token }) });
  // The client would try for longer; what answers wrongly once has to be looked at, not waited for.
  const failed = new AbortController();
  const unsubscribe = client.connection.subscribe(() => {
    if (client.connection.state.status === "reconnecting") failed.abort();
  });
  try {
    const signal = AbortSignal.any([failed.signal, AbortSignal.timeout(GREETING_MS)]);
    const info = await client.server.info({ signal });
    const { state } = client.connection;
    return {
      client,
      info,
      url,
      transport: state.status === "open" ? state.transport : "websocket",
      ...(state.status === "open" && state.reason !== undefined && { detour: state.reason }),
      [Symbol.asyncDispose]: () => client.close(),
    };
  } catch (error) {
    await client.close();
    throw await explain(error, url);
  } finally {
    unsubscribe();
  }
}

/** Why nothing can be reached there; `undefined` when somebody accepts connections. */
export async function probe({ url, given }: Target): Promise<StagewireError | undefined> {
  const { hostname, port, host, protocol } = new URL(url);
  const socket = connectSocket({
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port ? Number(port) : protocol === "https:" || protocol === "wss:" ? 443 : 80,
  });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(PROBE_MS) });
    return undefined;
  } catch (cause) {
    const advice = startAdvice({ hostname, port, given });
    return new StagewireError("SERVER_UNREACHABLE", unreachable(cause, host, hostname, advice), { cause });
  } finally {
    socket.destroy();
  }
}

/** What tells one run's page from the others. */
export function pageOf(url: string, runId: string): string {
  return `${url.replace(/^ws/, "http")}/runs/${runId}`;
}

/** ` --url …`, to be put behind a command that is suggested, where the default would miss the server. */
export function urlOption(url: string): string {
  return url === DEFAULT_URL ? "" : ` --url ${url}`;
}

/** Says that a WebSocket is not used and why, and where to read what to do about it. */
export function detourNote(detour: string, url: string): string {
  return `${detour}; \`${PROGRAM} doctor${urlOption(url)}\` tells what a proxy needs`;
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

/** What makes a server listen there. */
function startAdvice({ hostname, port, given }: { hostname: string; port: string; given: boolean }): string {
  if (!["127.0.0.1", "localhost", "[::1]"].includes(hostname)) return "start the server there, or check --url";
  const flag = given && port !== DEFAULT_PORT ? ` --port ${port || "80"}` : "";
  return `run \`${PROGRAM} serve${flag}\``;
}

function unreachable(cause: unknown, host: string, hostname: string, advice: string): string {
  switch (systemCode(cause)) {
    case "ECONNREFUSED":
      return `nothing listens at ${host}: ${advice}`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host ${hostname} can't be found: check --url`;
    default: {
      const timedOut = cause instanceof Error && cause.name === "AbortError";
      const why = timedOut
        ? `no answer within ${PROBE_MS / 1000} s`
        : cause instanceof Error
          ? cause.message
          : String(cause);
      return `${host} can't be reached: ${why}`;
    }
  }
}

async function explain(error: unknown, url: string): Promise<unknown> {
  const silent = error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
  const lost =
    error instanceof StagewireError && (error.code === "SERVER_UNREACHABLE" || error.code === "PROTOCOL_VIOLATION");
  if (!silent && !lost) return error;
  return await diagnose(url, error);
}
