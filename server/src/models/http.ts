import { Agent, buildConnector, type Dispatcher, fetch as undiciFetch } from "undici";
import { causeCode } from "./cause-code.js";
import { endAtDone } from "./end-at-done.js";

export interface HttpOptions {
  /** Ms until a connection must be there, TLS and the look-up of the host's name included; kept to about a second. */
  readonly connectTimeoutMs: number;
}

/** A `fetch` with connections of its own. */
export interface Http {
  /** No limits in time but the one for connecting. The body of an event stream ends soon after its `[DONE]`. */
  readonly fetch: typeof fetch;
  /** Closes every connection at once; what still uses one fails. */
  close(): Promise<void>;
}

/** Code of the error that {@link Http.fetch} rejects with when no connection came about in time. */
export const NO_CONNECTION = "UND_ERR_CONNECT_TIMEOUT";

export function createHttp({ connectTimeoutMs }: HttpOptions): Http {
  /** Connections that are only on their way, which the agent would leave to their time limit when it is closed. */
  const connecting = new Set<AbortController>();
  const agent = new Agent({
    connect(options, callback) {
      // Of its own for each: a socket never lets go of the signal that it was made with.
      const leaving = new AbortController();
      connecting.add(leaving);
      const connect = buildConnector({ timeout: connectTimeoutMs, signal: leaving.signal });
      connect(options, (...result) => {
        connecting.delete(leaving);
        callback(...result);
      });
    },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const dispatcher = agent.compose(
    (dispatch) => (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) =>
      dispatch(options, endAtDone(handler)),
  );
  const send = undiciFetch as unknown as (input: unknown, init: object) => Promise<Response>;
  return {
    async fetch(input, init) {
      try {
        return await send(input, { ...init, dispatcher });
      } catch (error) {
        throw isConnectTimeout(error) ? noConnection(error) : error;
      }
    },
    async close() {
      await agent.destroy();
      for (const leaving of connecting) leaving.abort();
    },
  };
}

function isConnectTimeout(error: unknown): boolean {
  return /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/.test(causeCode(error) ?? "");
}

/** The SDK throws what it takes for a timeout away, and it goes by the words of the error and of its cause. */
function noConnection(error: unknown): Error {
  return Object.assign(new Error("no connection"), { code: NO_CONNECTION, reason: error });
}
