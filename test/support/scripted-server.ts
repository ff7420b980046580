import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Ack,
  type CommandEnvelope,
  compact,
  type Detail,
  formatCursor,
  parseCursor,
  reduce,
  type RunEvent,
  type RunSummary,
  type RunView,
  StagewireError,
  type StartInput,
  type StartResult,
} from "@stagewire/shared";
import { initTRPC, tracked, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { type WebSocket, WebSocketServer } from "ws";

/** One batch as it goes out: the position after it, and its events. */
export type Batch = [cursor: string, events: RunEvent[]];

export interface EventsRequest {
  runId: string;
  lastEventId?: string;
  detail?: Detail;
}

/** What a test wants the server to do differently from a good one. */
export interface Script {
  /** The n-th `runs.events`, from 1. Answering `undefined` serves the log. */
  events?(request: EventsRequest, nth: number, signal: AbortSignal): AsyncIterable<Batch> | undefined;
  /** The n-th `runs.get`, from 1: answered once this has resolved. */
  get?(nth: number): Promise<void>;
  start?(input: StartInput, nth: number): StartResult | Promise<StartResult>;
  control?(envelope: CommandEnvelope, nth: number): Ack | Promise<Ack>;
  feed?(lastEventId: string | undefined, nth: number, signal: AbortSignal): AsyncIterable<[string, RunSummary[]]>;
  /** Called with the token of each new socket, and of each HTTP request; throws to refuse it. */
  admit?(token: string | undefined): void;
}

/** A server that speaks the protocol over a log in memory, and misbehaves where a test's script says so. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Requests served so far over plain HTTP. */
  readonly requests: number;
  /** Sockets open now. */
  readonly sockets: ReadonlySet<WebSocket>;
  /** Subscriptions to events that are being served now. */
  readonly watching: number;
  append(runId: string, ...events: RunEvent[]): void;
  /** Destroys every connection, without a close handshake. */
  drop(): void;
  /** Asks every client to move over to a new socket. */
  askToReconnect(): void;
}

export async function startScriptedServer(script: Script = {}, port = 0): Promise<ScriptedServer> {
  const logs = new Map<string, RunEvent[]>();
  const changed = new EventTarget();
  const count = { events: 0, get: 0, start: 0, control: 0, feed: 0, accepted: 0, requests: 0, watching: 0 };

  const trpc = initTRPC.create({
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: { ...shape.data, ...(error.cause instanceof StagewireError && { reason: error.cause.code }) },
    }),
  });
  const as =
    <T>() =>
    (value: unknown): T =>
      value as T;

  async function* serveLog({ runId, lastEventId, detail }: EventsRequest, signal: AbortSignal): AsyncIterable<Batch> {
    if (!logs.has(runId)) throw new StagewireError("RUN_NOT_FOUND", `there is no run ${runId}`);
    const cursor = lastEventId === undefined ? { seq: 0 } : parseCursor(lastEventId);
    const log = logs.get(runId) ?? [];
    if (!cursor || cursor.seq > log.length) {
      throw new StagewireError("CURSOR_UNRECOVERABLE", `${lastEventId} is no position of run ${runId}`);
    }
    let seq = cursor.seq;
    while (!signal.aborted) {
      const batch = log.slice(seq, seq + 50);
      if (batch.length > 0) {
        seq += batch.length;
        const events = compact(batch, detail);
        if (events.length > 0) yield [formatCursor({ epoch: 1, seq }), events];
      } else {
        if (log.at(-1)?.type === "run_complete") return;
        await once(changed, "change", { signal }).catch(() => undefined);
      }
    }
  }

  const router = trpc.router({
    server: trpc.router({ info: trpc.procedure.query(() => ({ name: "scripted", protocol: 1 })) }),
    runs: trpc.router({
      start: trpc.procedure
        .input(as<StartInput>())
        .mutation(({ input }) =>
          guarded(() => script.start?.(input, ++count.start) ?? { runId: "run", created: true }),
        ),
      get: trpc.procedure.input(as<{ runId: string }>()).query(({ input }) =>
        guarded(async () => {
          await script.get?.(++count.get);
          const log = logs.get(input.runId);
          if (!log) throw new StagewireError("RUN_NOT_FOUND", `there is no run ${input.runId}`);
          return log.reduce<RunView | undefined>(reduce, undefined);
        }),
      ),
      list: trpc.procedure.query(() => ({ runs: [] })),
      control: trpc.procedure.input(as<CommandEnvelope>()).mutation(({ input }) =>
        guarded(
          () =>
            script.control?.(input, ++count.control) ?? {
              commandId: input.commandId,
              outcome: "applied" as const,
              seq: 1,
            },
        ),
      ),
      events: trpc.procedure.input(as<EventsRequest>()).subscription(async function* ({ input, signal = never() }) {
        count.watching++;
        try {
          const batches = script.events?.(input, ++count.events, signal) ?? serveLog(input, signal);
          for await (const [cursor, events] of batches) yield tracked(cursor, events);
        } catch (thrown) {
          throw toTrpc(thrown);
        } finally {
          count.watching--;
        }
      }),
      feed: trpc.procedure.input(as<{ lastEventId?: string }>()).subscription(async function* ({
        input,
        signal = never(),
      }) {
        const batches = script.feed?.(input.lastEventId, ++count.feed, signal) ?? [];
        for await (const [cursor, summaries] of batches) yield tracked(cursor, summaries);
      }),
    }),
  });

  function admit(token: string | undefined): object {
    try {
      script.admit?.(token);
    } catch (thrown) {
      throw toTrpc(thrown);
    }
    return {};
  }

  const serve = createHTTPHandler({
    router,
    basePath: "/trpc/",
    createContext: ({ req }) => admit(req.headers.authorization?.replace("Bearer ", "")),
  });
  const http = createHttpServer((request, response) => {
    count.requests++;
    serve(request, response);
  });
  const sockets = new WebSocketServer({ server: http, path: "/trpc" });
  const handler = applyWSSHandler({
    wss: sockets,
    router,
    createContext: ({ info }) => admit(info.connectionParams?.["token"]),
  });
  http.on("connection", () => count.accepted++);
  http.listen(port, "127.0.0.1");
  await once(http, "listening");

  function drop(): void {
    for (const socket of sockets.clients) socket.terminate();
    http.closeAllConnections();
  }

  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    get accepted() {
      return count.accepted;
    },
    get requests() {
      return count.requests;
    },
    get watching() {
      return count.watching;
    },
    sockets: sockets.clients,
    append(runId, ...events) {
      logs.set(runId, logs.get(runId) ?? []);
      logs.get(runId)?.push(...events);
      changed.dispatchEvent(new Event("change"));
    },
    drop,
    askToReconnect: () => handler.broadcastReconnectNotification(),
    async [Symbol.asyncDispose]() {
      drop();
      sockets.close();
      http.close();
      await once(http, "close");
    },
  };
}

async function guarded<T>(answer: () => T | Promise<T>): Promise<T> {
  try {
    return await answer();
  } catch (thrown) {
    throw toTrpc(thrown);
  }
}

function toTrpc(thrown: unknown): unknown {
  if (!(thrown instanceof StagewireError)) return thrown;
  return new TRPCError({ code: "BAD_REQUEST", message: `${thrown.code}: ${thrown.message}`, cause: thrown });
}

function never(): AbortSignal {
  return new AbortController().signal;
}
