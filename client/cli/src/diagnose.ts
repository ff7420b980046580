import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { text as readText } from "node:stream/consumers";
import { StagewireError } from "@stagewire/shared";
import { oneLine } from "./render/plain.js";

const ANSWER_MS = 4_000;
/** What OpenSSL says where a TLS handshake was answered with something else. */
const NO_TLS = /wrong.version.number/i;

/** What nginx has to be told so that a WebSocket gets through. */
const NGINX_LINES = [
  "proxy_http_version 1.1;",
  "proxy_set_header Upgrade $http_upgrade;",
  'proxy_set_header Connection "upgrade";',
  "proxy_set_header Host $http_host;",
] as const;

/** What makes a proxy pass WebSockets on. */
export const PROXY_ADVICE = [
  "the proxy in between has to pass upgrades on. nginx needs these lines in its `location`:",
  ...NGINX_LINES.map((line) => `  ${line}`),
].join("\n");

/** Why an address that takes connections can't be used as a stagewire server. Asks it; `cause` is what failed before. */
export async function diagnose(url: string, cause: unknown): Promise<StagewireError> {
  const base = url.replace(/^ws/, "http");
  const { host } = new URL(base);
  const fail = (message: string) => new StagewireError("SERVER_UNREACHABLE", message, { cause });
  const stranger = (what: string) => fail(`something listens at ${host}, but not as a stagewire server: ${what}`);

  let health: Health;
  try {
    health = await askHealth(base);
  } catch (error) {
    if (error instanceof Error && NO_TLS.test(error.message)) {
      return fail(
        `${host} does not speak TLS: use ${base.replace(/^https/, "http")}, or the address of a proxy that does`,
      );
    }
    return stranger(error instanceof Error ? error.message : String(error));
  }
  if (health.refusal !== undefined) return fail(`the server at ${host} refused: ${health.refusal}`);
  if (!health.ours) {
    const root = rootOf(base);
    if (root !== base && (await isStagewire(root)))
      return fail(`the server's address is ${root}, not ${base}: use that`);
    return stranger(`${base}/healthz answers with HTTP ${health.status}`);
  }

  const upgrade = await upgradeStatus(base).catch((error: Error) => error.message);
  if (upgrade === 101) {
    return fail(`the server at ${host} took the connection and did not answer in time: try again, or look at its log`);
  }
  if (upgrade === 404 && (await isWorker(base))) {
    return fail(`the server at ${host} works runs and serves no clients (its role): use one that has the role api`);
  }
  const answer = typeof upgrade === "number" ? `answered ${upgrade}` : `not answered (${upgrade})`;
  return fail(
    `the page at ${base} loads, but the upgrade to a WebSocket was ${answer}, and plain HTTP at ${base}/trpc does not ` +
      `get through either:\n${PROXY_ADVICE}`,
  );
}

/** True when a stagewire server answers there. Never rejects. */
export async function isStagewire(base: string): Promise<boolean> {
  return askHealth(base).then(
    ({ ours }) => ours,
    () => false,
  );
}

interface Health {
  readonly status: number;
  readonly ours: boolean;
  /** What a stagewire server said instead. */
  readonly refusal?: string;
}

async function askHealth(base: string): Promise<Health> {
  const { status, text } = await ask(new URL(`${base}/healthz`), {});
  const body = parsed(text);
  const ours = typeof body === "object" && body !== null && "status" in body && body.status === "ok";
  const message = status === 403 ? errorIn(body, "message") : undefined;
  const refusal = message === undefined ? undefined : oneLine(message, 300);
  return { status, ours: status === 200 && ours, ...(refusal !== undefined && { refusal }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text of `{ error: { code, message } }`. */
function errorIn(body: unknown, name: "code" | "message"): string | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  const found = typeof error === "object" && error !== null ? (error as Record<string, unknown>)[name] : undefined;
  return typeof found === "string" ? found : undefined;
}

/** An address without path and query, as people copy those from a page. */
function rootOf(base: string): string {
  const url = new URL(base);
  url.pathname = url.search = url.hash = "";
  return url.href.replace(/\/$/, "");
}

/** True where the server itself says that it has no doors. */
async function isWorker(base: string): Promise<boolean> {
  return ask(new URL(`${base}/trpc`), {}).then(
    ({ status, text }) => status === 404 && errorIn(parsed(text), "code") === "NOT_FOUND",
    () => false,
  );
}

/** The HTTP status with which a WebSocket handshake is answered; 101 is right. */
async function upgradeStatus(base: string): Promise<number> {
  const { status } = await ask(new URL(`${base}/trpc`), {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
  });
  return status;
}

/** One request on a connection of its own. Not `fetch`: Node 20's can leave a connection that is closed at once unsettled. */
async function ask(url: URL, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, { headers, agent: false });
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  try {
    return await new Promise((resolve, reject) => {
      request.once("response", (response) => {
        readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      });
      request.once("upgrade", ({ statusCode = 0 }, socket) => {
        socket.destroy();
        resolve({ status: statusCode, text: "" });
      });
      request.on("error", reject);
      request.end();
    });
  } finally {
    clearTimeout(timer);
    request.destroy();
  }
}
