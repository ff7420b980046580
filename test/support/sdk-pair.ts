import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import {
  type Client,
  type ClientOptions,
  type ConnectionState,
  createClient,
  reduce,
  type RunEvent,
  type RunView,
} from "@stagewire/client";
import { formatCursor } from "@stagewire/shared";
import * as fc from "fast-check";
import { expect } from "vitest";
import { arbitraryClosedLog } from "./arbitrary-log.js";
import { type Batch, type Script, type ScriptedServer, startScriptedServer } from "./scripted-server.js";
import "./seed.js";

/** Patience that makes a broken client fail its test and not hang it. */
export const QUICK: Partial<ClientOptions> = { silenceMs: 400, maxRetryDelayMs: 50, callTimeoutMs: 5_000 };

/** What every guarantee of the client holds over: a WebSocket, which is its first choice, and plain HTTP. */
export const TRANSPORTS = ["auto", "sse"] as const;

/** A client and the server that the test plays for it. */
export interface Pair extends AsyncDisposable {
  server: ScriptedServer;
  client: Client;
}

export async function start(script?: Script, options: Partial<ClientOptions> = QUICK): Promise<Pair> {
  const server = await startScriptedServer(script);
  const client = createClient({ url: server.url, ...options });
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The log of one run. */
export const [LOG = []] = fc.sample(
  arbitraryClosedLog().filter((log) => log.length > 60),
  1,
);
export const RUN = LOG[0]?.runId ?? "";

export const fold = (events: readonly RunEvent[]) => events.reduce<RunView | undefined>(reduce, undefined);

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Resolves at the first state that is the right one. */
export function reach(client: Client, right: (state: ConnectionState) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!right(client.connection.state)) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = client.connection.subscribe(look);
    look();
  });
}

export function expectPartition(events: readonly RunEvent[], first: number, last: number): void {
  let next = first;
  for (const event of events) {
    expect(event.from ?? event.seq).toBe(next);
    next = event.seq + 1;
  }
  expect(next).toBe(last + 1);
}

export function cursorAt(seq: number): string {
  return formatCursor({ epoch: 1, seq });
}

export function seqOf(cursor: string | undefined): number {
  return Number(cursor?.split("-")[1] ?? 0);
}

export async function* send(batches: readonly (readonly RunEvent[])[]): AsyncGenerator<Batch> {
  for (const events of batches) {
    yield [cursorAt(events.at(-1)?.seq ?? 0), [...events]];
    // As a server's own reads do, this gives the socket its turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A subscription that says nothing until it is stopped. */
// oxlint-disable-next-line require-yield
export async function* silence(signal?: AbortSignal): AsyncGenerator<Batch> {
  await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
}

/** A port on which nothing listens, kept from others by nothing but luck: the kernel hands ports out in turn. */
export async function freePort(): Promise<{ number: number } & AsyncDisposable> {
  const server = createTcpServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return { number: port, [Symbol.asyncDispose]: () => Promise.resolve() };
}
