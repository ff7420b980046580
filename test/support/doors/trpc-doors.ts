import type { AppRouter } from "@stagewire/server";
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
  TRPCClientError,
  wsLink,
} from "@trpc/client";
import { EventSource } from "undici";
import { WebSocket } from "ws";
import { createRecorder, type Door, type DoorClient, DoorError } from "./door.js";

/** tRPC over WebSocket, with tRPC's own client. */
export const trpcSocketDoor: Door = {
  name: "tRPC over WebSocket",
  async connect(url) {
    const client = createWSClient({
      url: `${url.replace(/^http/, "ws")}/trpc`,
      WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
      retryDelayMs: () => 20,
    });
    const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client })] });
    return { ...doorOf(trpc), [Symbol.asyncDispose]: () => client.close() };
  },
};

/** tRPC over HTTP and server-sent events, for places where WebSockets are blocked, with tRPC's own client. */
export const trpcSseDoor: Door = {
  name: "tRPC over SSE",
  async connect(address) {
    const url = `${address}/trpc`;
    const trpc = createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: ({ type }) => type === "subscription",
          true: httpSubscriptionLink({ url, EventSource }),
          false: httpBatchLink({ url }),
        }),
      ],
    });
    return { ...doorOf(trpc), [Symbol.asyncDispose]: async () => {} };
  },
};

function doorOf(trpc: TRPCClient<AppRouter>): Omit<DoorClient, typeof Symbol.asyncDispose> {
  return {
    start: (input) => trpc.runs.start.mutate(input).catch(rethrow),
    control: (envelope) => trpc.runs.control.mutate(envelope).catch(rethrow),
    watch(runId, options = {}) {
      const recorder = createRecorder();
      const subscription = trpc.runs.events.subscribe(
        { runId, ...options },
        {
          onData: ({ id, data }) => recorder.put(data, id),
          onError: (error) => recorder.fail(doorError(error)),
          onComplete: () => recorder.end(),
          // Over SSE this client takes a failure of the server for one that passes, and tries again by itself.
          onConnectionStateChange({ error }) {
            if (error?.data) recorder.fail(doorError(error));
          },
        },
      );
      return { ...recorder, stop: () => subscription.unsubscribe() };
    },
  };
}

function rethrow(error: unknown): never {
  throw doorError(error);
}

function doorError(error: unknown): DoorError {
  if (!(error instanceof TRPCClientError)) return new DoorError("none", String(error));
  const { reason } = (error.data ?? {}) as { reason?: string };
  return new DoorError(reason ?? "none", error.message);
}
