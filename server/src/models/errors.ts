import { StagewireError, type ErrorCode } from "@stagewire/shared";
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { displayUrl } from "../display-url.js";
import { believed, retryAfterMs } from "../retry-after.js";
import { maskKey, OPENAI_BASE_URL } from "./base-url.js";
import { causeCode } from "./cause-code.js";
import { NO_CONNECTION } from "./http.js";

/** What an error's message needs to know about the call. */
export interface CallFacts {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  /** Some names that the server offers, most alike first; asked for only after a 404. */
  readonly offered?: readonly string[];
}

/** UTF-16 units of a server's own message that are passed on. */
const MAX_DETAIL = 300;

/** Turns whatever the SDK or `fetch` throws into a `MODEL_…` error. Shows neither the key nor credentials in the address. */
export function toModelError(thrown: unknown, facts: CallFacts): StagewireError {
  if (thrown instanceof StagewireError) return thrown;
  // The SDK leaves out which of its waits it was.
  if (thrown instanceof APIConnectionTimeoutError) return timedOut(facts, "did not answer in time", thrown);
  if (thrown instanceof APIConnectionError) return connectionError(thrown, facts);
  if (thrown instanceof APIError) return apiError(thrown, facts);
  if (thrown instanceof SyntaxError) return badResponse(facts, "sent something that is not JSON in its stream", thrown);
  const code = causeCode(thrown);
  if (code === undefined || isGarbled(code)) return badResponse(facts, "sent what cannot be read", thrown);
  if (/TIMEOUT|TIMEDOUT/.test(code)) return timedOut(facts, `fell silent (${code})`, thrown);
  return streamCut(facts, thrown);
}

/** The stream ended or broke before the model said that it was done. */
export function streamCut(facts: CallFacts, cause?: unknown): StagewireError {
  return make(
    "MODEL_STREAM_CUT",
    `${where(facts)} ended the stream before the answer of "${facts.model}" was complete`,
    cause,
  );
}

/** The server answered with something that is no answer; `what` says what, after the server's name. */
export function badResponse(facts: CallFacts, what: string, cause?: unknown): StagewireError {
  return make(
    "MODEL_BAD_RESPONSE",
    `${where(facts)} ${what}: check that its address is that of an OpenAI-compatible API`,
    cause,
  );
}

/** The server fell silent; `what` says how, after the server's name. */
export function timedOut(facts: CallFacts, what: string, cause?: unknown): StagewireError {
  return make(
    "MODEL_TIMEOUT",
    `${where(facts)} ${what} ("${facts.model}"): check that it is well, or allow more time (firstTokenTimeoutMs, stallTimeoutMs)`,
    cause,
  );
}

function connectionError(thrown: APIConnectionError, facts: CallFacts): StagewireError {
  const code = causeCode(thrown);
  if (code !== undefined && isGarbled(code)) return badResponse(facts, `does not speak HTTP (${code})`, thrown);
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET") {
    return make(
      "MODEL_UNREACHABLE",
      `${where(facts)} closed the connection without an answer: check that it is well`,
      thrown,
    );
  }
  const hint = (code === undefined ? undefined : UNREACHABLE[code]) ?? "check the address and the network";
  const named = code === undefined ? "" : ` (${code})`;
  return make("MODEL_UNREACHABLE", `${where(facts)} cannot be reached${named}: ${hint}`, thrown);
}

/** Codes of Node's HTTP parser and decompression. */
function isGarbled(code: string): boolean {
  return /^(HPE_|Z_)/.test(code);
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there; start it, or check the host and port of the base URL",
  ENOTFOUND: "there is no such host; check the base URL for a typo",
  EAI_AGAIN: "the host's name could not be looked up; check the network and DNS",
  EHOSTUNREACH: "there is no route to the host; check the network",
  ENETUNREACH: "there is no network; check the connection",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed; give Node the authority with NODE_EXTRA_CA_CERTS",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate chain is self-signed; give Node the authority with NODE_EXTRA_CA_CERTS",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its certificate cannot be verified; give Node the authority with NODE_EXTRA_CA_CERTS",
  [NO_CONNECTION]:
    "no connection came about in time; check the address, the network and firewalls, or allow more time (connectTimeoutMs)",
  EPROTO: "it does not speak TLS; check http or https in the base URL",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; check http or https in the base URL",
};

/** Keeps no cause: the SDK's error holds the server's own words, and servers quote keys. */
function apiError(thrown: APIError, facts: CallFacts): StagewireError {
  const { status } = thrown;
  const server = where(facts);
  const detail = serverMessage(thrown, facts);
  const said = detail === "" ? "" : `: ${detail}`;
  const fail = (code: ErrorCode, what: string, wait?: number) =>
    new StagewireError(code, `${server} ${what}${said}`, wait === undefined ? {} : { retryAfterMs: wait });

  if (isContentFilter(thrown)) return fail("MODEL_CONTENT_FILTERED", "refused the prompt by its content filter");
  if (status === undefined) return fail("MODEL_BAD_RESPONSE", "sent an error in the middle of its stream");
  if (status === 401 || status === 403) return authError(facts, status, said);
  if (status === 404) return notFound(facts, said);
  if (status === 408) return fail("MODEL_TIMEOUT", "gave up waiting (408)");
  if (status === 429 && thrown.code === "insufficient_quota") {
    return fail("MODEL_REJECTED", "has no quota left for this key (429)");
  }
  const waitMs = retryAfter(thrown.headers, Date.now());
  if (status === 429) {
    const when = waitMs === undefined ? "" : `, try again in ${Math.ceil(waitMs / 1_000)} s`;
    return fail("MODEL_RATE_LIMITED", `allows no more requests for now (429${when})`, waitMs);
  }
  if (status >= 500) return fail("MODEL_UNAVAILABLE", `failed (${status})`, waitMs);
  return fail("MODEL_REJECTED", `rejected the request for "${facts.model}" (${status})`);
}

function authError(facts: CallFacts, status: 401 | 403, said: string): StagewireError {
  const { apiKey } = facts;
  const server = where(facts);
  if (apiKey === undefined) {
    const what = `${server} wants a key (${status}) and none is set: put it into the environment (OPENAI_API_KEY)`;
    return new StagewireError("MODEL_AUTH", what);
  }
  const key = maskKey(apiKey);
  const what =
    status === 401
      ? `${server} refused key ${key} (401): replace it in the environment (OPENAI_API_KEY)`
      : `${server} does not let key ${key} do this (403${said}): check what the key may use, or replace it in the environment (OPENAI_API_KEY)`;
  return new StagewireError("MODEL_AUTH", what);
}

function notFound(facts: CallFacts, said: string): StagewireError {
  const { offered = [], model } = facts;
  const server = where(facts);
  if (offered.includes(model)) {
    return new StagewireError("MODEL_NOT_FOUND", `${server} answered 404 for "${model}", although it lists it${said}`);
  }
  if (offered.length > 0) return notOffered(facts, " (404)");
  const advice = `${said}; check the model's name and the base URL`;
  return new StagewireError("MODEL_NOT_FOUND", `"${model}" is not offered by ${server} (404)${advice}`);
}

/** The server lists what it offers, and the model is not among it; `how` says how that was told. */
export function notOffered(facts: CallFacts, how = ""): StagewireError {
  const names = (facts.offered ?? []).map((name) => `"${clip(name, 80)}"`).join(", ");
  return new StagewireError(
    "MODEL_NOT_FOUND",
    `"${facts.model}" is not offered by ${where(facts)}${how}; nearest: ${names}: set STAGEWIRE_MODEL or the run's \`models\``,
  );
}

function isContentFilter(thrown: APIError): boolean {
  return thrown.code === "content_filter" || thrown.code === "content_policy_violation";
}

/** What the server said, on one line, without the key and not too long. */
function serverMessage(thrown: APIError, facts: CallFacts): string {
  const body: unknown = thrown.error;
  const inner = typeof body === "object" && body !== null && "message" in body ? body.message : body;
  const raw = typeof inner === "string" ? inner : inner === undefined ? thrown.message : JSON.stringify(inner);
  const text = raw
    .replace(/^\d{3} /, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  if (text === "" || /^<(!doctype|html)/i.test(text) || text === "status code (no body)") return "";
  const masked = facts.apiKey === undefined ? text : text.replaceAll(facts.apiKey, maskKey(facts.apiKey));
  // Servers quote a wrong key themselves, in part or whole.
  return clip(masked.replaceAll(/\bsk-[\w*-]{8,}/g, "sk-…"), MAX_DETAIL);
}

/** `Retry-After` or `retry-after-ms` in ms. */
function retryAfter(headers: Headers | undefined, now: number): number | undefined {
  const exact = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  return believed(exact) ?? retryAfterMs(headers?.get("retry-after") ?? "", now);
}

function where({ baseUrl }: CallFacts): string {
  return baseUrl === OPENAI_BASE_URL ? `OpenAI (${OPENAI_BASE_URL})` : `the server at ${displayUrl(baseUrl)}`;
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

function make(code: ErrorCode, message: string, cause: unknown): StagewireError {
  return new StagewireError(code, message, cause === undefined ? {} : { cause });
}
