import type { AppRouter } from "@stagewire/server";
import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
  type TRPCLink,
} from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { EventSource } from "eventsource";
import { fromShape, tooLarge } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import { createLatch } from "../signals.js";
import { askServer, credentials, parse } from "./ask-server.js";
import type { Session, SessionEvents, SessionLoss } from "./session.js";

/** A batch of queries is an address; common proxies take 8 kB of one. */
const MAX_URL_LENGTH = 4_000;
const MAX_BATCH = 50;
const UNAUTHORIZED = 401;
const TOO_LARGE = 413;

/**
 * The server's procedures over plain HTTP, subscriptions as server-sent events. There is no one connection that could
 * be lost: the first request that gets no answer, and the first stream that breaks off, stand for it, as a socket's
 * close does. tRPC's link and `EventSource` would try again by themselves, and for ever; here they get to do it once.
 */
export function openHttpSession(options: ResolvedOptions, events: SessionEvents): Session {
  const { latch: lost, abort: markLost } = createLatch();
  const over = new AbortController();
  let loss: SessionLoss | undefined;
  let heardAt = Date.now();
  let confirmed = false;

  function lose(why: SessionLoss): void {
    if (lost.aborted) return;
    loss = why;
    end();
    events.onLost(session);
  }

  function end(): void {
    if (lost.aborted) return;
    clearTimeout(pulse);
    markLost();
    over.abort();
  }

  /** `fetch`, except that an answer which is not the server's ends the session, and that its refusals are thrown. */
  async function request(url: string | URL, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      const headers = { ...(init.headers as Record<string, string>), ...credentials(options) };
      response = await fetch(url, { ...init, headers });
    } catch (thrown) {
      if (!init.signal?.aborted) lose({ detail: thrown instanceof Error ? thrown.message : String(thrown) });
      throw thrown;
    }
    heardAt = Date.now();
    const { status, headers } = response;
    if (response.ok && /^(?:application\/json|text\/event-stream)/.test(headers.get("content-type") ?? ""))
      return response;
    if (status === TOO_LARGE) throw tooLarge();
    const answer = await response.text();
    const error = errorIn(parse(answer));
    if (!error) lose({ status });
    else if (status === UNAUTHORIZED) lose({ status, refusal: fromShape(error, error) });
    // One of several answers: tRPC's client reads each.
    else if ("data" in error && init.method !== undefined) return new Response(answer, { status, headers });
    throw error ? fromShape(error, error) : new Error(`the answer was HTTP ${status}`);
  }

  /** Ends a subscription with the first thing that goes wrong. */
  const streams: TRPCLink<AppRouter> =
    (runtime) =>
    ({ op, next }) =>
      observable((observer) => {
        let refused: unknown;
        const fail = (error: TRPCClientError<AppRouter>): void => {
          if (!refused && !error.shape) lose({ detail: error.message });
          observer.error(refused instanceof Error ? TRPCClientError.from(refused) : error);
        };
        const link = httpSubscriptionLink<AppRouter, typeof EventSource>({
          url: options.httpEndpoint,
          EventSource,
          eventSourceOptions: {
            fetch: async (url, init) => {
              try {
                return await request(url, init);
              } catch (thrown) {
                refused = thrown;
                throw thrown;
              }
            },
          },
        });
        return link(runtime)({ op, next }).subscribe({
          next(value) {
            heardAt = Date.now();
            const { result } = value;
            if (result.type === "state" && result.error) fail(result.error);
            else observer.next(value);
          },
          error: fail,
          complete: () => observer.complete(),
        });
      });

  // A stream may be silent for long, and a request may take long: whether the server lives, it is asked meanwhile.
  const pulseMs = options.silenceMs / 2;
  let pulse = setTimeout(() => void feelPulse(), pulseMs);
  async function feelPulse(): Promise<void> {
    if (Date.now() - heardAt >= pulseMs) {
      const why = await askServer(options, pulseMs, over.signal);
      if (why) return lose(why);
      heardAt = Date.now();
    }
    if (!lost.aborted) pulse = setTimeout(() => void feelPulse(), heardAt + pulseMs - Date.now());
  }

  const calls = httpBatchLink<AppRouter>({
    url: options.httpEndpoint,
    maxURLLength: MAX_URL_LENGTH,
    maxItems: MAX_BATCH,
    fetch: (url, init) => request(url as string | URL, init as RequestInit),
  });

  const session: Session = {
    transport: "sse",
    procedures: createTRPCClient<AppRouter>({
      links: [splitLink({ condition: ({ type }) => type === "subscription", true: streams, false: calls })],
    }),
    lost,
    get loss() {
      return loss;
    },
    get heardAt() {
      return heardAt;
    },
    confirm() {
      if (confirmed || lost.aborted) return;
      confirmed = true;
      events.onConfirmed(session);
    },
    end,
  };
  return session;
}

/** The error of an answer, the first one of a batch; nothing where it is no answer of a stagewire server. */
function errorIn(answer: unknown): object | undefined {
  const first: unknown = Array.isArray(answer) ? answer[0] : answer;
  const error: unknown = typeof first === "object" && first !== null ? Reflect.get(first, "error") : undefined;
  return typeof error === "object" && error !== null && "message" in error ? error : undefined;
}
