import type { AppRouter } from "@stagewire/server";
import type { Command, Detail, RunEvent } from "@stagewire/shared";
import { createTRPCClient, createWSClient, type TRPCClient, wsLink } from "@trpc/client";
import { WebSocket } from "ws";

/** What anybody gets who uses stagewire with a plain tRPC client. */
export interface PlainClient extends AsyncDisposable {
  readonly trpc: TRPCClient<AppRouter>;
  /** Sends a command with a new id. */
  control(
    runId: string,
    command: Command,
    commandId?: string,
  ): ReturnType<TRPCClient<AppRouter>["runs"]["control"]["mutate"]>;
  /** Starts to watch at once. */
  watch(runId: string, options?: { lastEventId?: string; detail?: Detail }): Recording;
}

/** Everything a subscription told, as it came. */
export interface Recording {
  readonly events: RunEvent[];
  readonly cursors: string[];
  /** Resolves with the first event, past or to come, that `matches`. Rejects when the subscription ends without it. */
  until(matches: (event: RunEvent) => boolean): Promise<RunEvent>;
  /** Resolves when the subscription completed; rejects with its error. */
  readonly ended: Promise<void>;
  stop(): void;
}

let commands = 0;

export function plainClient(url: string): PlainClient {
  const socket = createWSClient({
    url: `${url.replace(/^http/, "ws")}/trpc`,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    retryDelayMs: () => 20,
  });
  const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });
  return {
    trpc,
    control: (runId, command, commandId = `command-${++commands}`) =>
      trpc.runs.control.mutate({ commandId, runId, command }),
    watch: (runId, options = {}) => record(trpc, runId, options),
    [Symbol.asyncDispose]: () => socket.close(),
  };
}

function record(
  trpc: TRPCClient<AppRouter>,
  runId: string,
  options: { lastEventId?: string; detail?: Detail },
): Recording {
  const events: RunEvent[] = [];
  const cursors: string[] = [];
  const waiting = new Set<{
    matches: (event: RunEvent) => boolean;
    resolve: (event: RunEvent) => void;
    reject: (error: unknown) => void;
  }>();
  let over: { error: unknown } | undefined;
  let end: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = { resolve, reject };
  });
  ended.catch(() => {});
  const finish = (error: unknown) => {
    over = { error };
    for (const { reject } of waiting) reject(error);
    waiting.clear();
  };
  const subscription = trpc.runs.events.subscribe(
    { runId, ...options },
    {
      onData({ id, data }) {
        cursors.push(id);
        for (const event of data) {
          events.push(event);
          for (const waiter of waiting) {
            if (!waiter.matches(event)) continue;
            waiting.delete(waiter);
            waiter.resolve(event);
          }
        }
      },
      onError(error) {
        finish(error);
        end?.reject(error);
      },
      onComplete() {
        finish(new Error("the subscription ended without the event that is waited for"));
        end?.resolve();
      },
    },
  );
  return {
    events,
    cursors,
    ended,
    until(matches) {
      const past = events.find(matches);
      if (past) return Promise.resolve(past);
      if (over) return Promise.reject(over.error);
      return new Promise((resolve, reject) => waiting.add({ matches, resolve, reject }));
    },
    stop: () => subscription.unsubscribe(),
  };
}
