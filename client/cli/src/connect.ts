import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { type Client, createClient } from "@stagewire/client";
import { type ServerInfo, StagewireError } from "@stagewire/shared";
import { diagnose } from "./diagnose.js";
import { systemCode } from "./errors.js";
import { PROGRAM } from "./program.js";
import { DEFAULT_PORT, type Target, urlOption } from "./target.js";

const PROBE_MS = 5_000;
const CALL_MS = 10_000;
/** For the first answer, by WebSocket or without: a server that takes connections and says nothing is none of ours. */
const GREETING_MS = 8_000;

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

/** Says that a WebSocket is not used and why, and where to read what to do about it. */
export function detourNote(detour: string, url: string): string {
  return `${detour}; \`${PROGRAM} doctor${urlOption(url)}\` tells what a proxy needs`;
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
