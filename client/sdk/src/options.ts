import { StagewireError } from "@stagewire/shared";
import type { ClientOptions } from "./types.js";

/** The options with every default filled in. */
export interface ResolvedOptions {
  /** The address as the user gave it, for messages. */
  readonly address: string;
  /** Where the socket goes: `ws(s)://…/trpc`. */
  readonly endpoint: string;
  /** Where plain requests go: `http(s)://…/trpc`. */
  readonly httpEndpoint: string;
  readonly transport: "auto" | "websocket" | "sse";
  readonly token: string | undefined;
  readonly silenceMs: number;
  readonly maxRetryDelayMs: number;
  readonly callTimeoutMs: number;
}

const DEFAULTS = { transport: "auto", silenceMs: 10_000, maxRetryDelayMs: 4_000, callTimeoutMs: 30_000 } as const;

/** Fills in the defaults; throws `INVALID_INPUT` for an address that is none. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  return { ...DEFAULTS, ...defined(options), token: options.token, ...resolveUrl(options.url) };
}

function resolveUrl(address: string): Pick<ResolvedOptions, "address" | "endpoint" | "httpEndpoint"> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const protocol = url && PROTOCOLS[url.protocol];
  if (!url || !protocol) {
    throw new StagewireError(
      "INVALID_INPUT",
      `"${address}" is not the address of a server: give an http or https URL such as http://127.0.0.1:4400`,
    );
  }
  url.protocol = protocol;
  url.hash = "";
  url.search = "";
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/trpc`;
  const { href: endpoint } = url;
  return { address: address.replace(/\/+$/, ""), endpoint, httpEndpoint: endpoint.replace(/^ws/, "http") };
}

const PROTOCOLS: Readonly<Record<string, string>> = { "http:": "ws:", "https:": "wss:", "ws:": "ws:", "wss:": "wss:" };

/** A default must also win over a key that is there with the value `undefined`, as plain JavaScript callers pass it. */
function defined({ transport, silenceMs, maxRetryDelayMs, callTimeoutMs }: ClientOptions) {
  return {
    ...(transport !== undefined && { transport }),
    ...(silenceMs !== undefined && { silenceMs }),
    ...(maxRetryDelayMs !== undefined && { maxRetryDelayMs }),
    ...(callTimeoutMs !== undefined && { callTimeoutMs }),
  };
}
