import { StagewireError } from "@stagewire/shared";
import OpenAI from "openai";
import { displayUrl } from "../display-url.js";
import { OPENAI_BASE_URL } from "./base-url.js";
import { createHttp } from "./http.js";

export interface ClientOptions {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  /** Ms until a connection must be there. @default 10_000 */
  readonly connectTimeoutMs?: number;
  readonly firstTokenTimeoutMs: number;
}

/** An SDK client with connections of its own; disposing closes them. */
export interface Client extends AsyncDisposable {
  readonly sdk: OpenAI;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** The longest delay of a timer, in ms. */
const MAX_TIMER_MS = 2_147_483_647;

/** An SDK client that takes everything from its arguments, retries nothing and logs nothing. */
export function createClient(options: ClientOptions): Client {
  const { apiKey, baseUrl = OPENAI_BASE_URL, connectTimeoutMs = CONNECT_TIMEOUT_MS, firstTokenTimeoutMs } = options;
  const url = parseBaseUrl(baseUrl);
  const defaultQuery = Object.fromEntries(url.searchParams);
  url.search = "";
  url.hash = "";
  const http = createHttp({ connectTimeoutMs });
  const sdk = new OpenAI({
    apiKey: apiKey ?? "none",
    ...(apiKey === undefined && { defaultHeaders: { Authorization: null } }),
    baseURL: url.href.replace(/\/$/, ""),
    defaultQuery,
    fetch: http.fetch,
    // What is left out here, the SDK takes from the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    // The driver's own limit comes first: this one only has to be later.
    timeout: Math.min(firstTokenTimeoutMs + 60_000, MAX_TIMER_MS),
  });
  return { sdk, [Symbol.asyncDispose]: () => http.close() };
}

function parseBaseUrl(baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new StagewireError(
      "CONFIG_INVALID",
      "the model's base URL is not an http or https URL: set OPENAI_BASE_URL to one, such as http://127.0.0.1:11434/v1",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new StagewireError(
      "CONFIG_INVALID",
      `the model's base URL ${displayUrl(baseUrl)} holds a user name or password: leave them out, a key goes into OPENAI_API_KEY`,
    );
  }
  return url;
}
