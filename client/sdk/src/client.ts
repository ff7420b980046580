import { nanoid } from "nanoid";
import { call, type Send } from "./calls/calls.js";
import { Connection } from "./connection/connection.js";
import { resolveOptions } from "./options.js";
import { createRun, type RunCalls } from "./run.js";
import type { CallOptions, Client, ClientOptions } from "./types.js";
import { feedStream } from "./watch/feed-stream.js";
import { follow } from "./watch/follow.js";
import { iterate } from "./watch/iterable.js";
import { runStream } from "./watch/run-stream.js";

/**
 * A client of one server. It connects on first use, goes on over drops and restarts of the server, and lets go of the
 * socket while nobody uses it. Throws `INVALID_INPUT` for an address that is none.
 */
export function createClient(clientOptions: ClientOptions): Client {
  const options = resolveOptions(clientOptions);
  const connection = new Connection(options);

  function ask<T>(send: Send<T>, { signal }: CallOptions = {}): Promise<T> {
    return call(connection, send, { timeoutMs: options.callTimeoutMs, signal });
  }

  const calls: RunCalls = {
    get: (runId, callOptions) => ask((to, signal) => to.runs.get.query({ runId }, { signal }), callOptions),
    watch: (runId, { cursor, detail = "tokens", signal: outer, onCursor } = {}) =>
      iterate(
        (signal) => follow(runStream({ runId, cursor, detail }), { connection, options, cursor, onCursor }, signal),
        outer,
      ),
    prompt: (input, callOptions) => ask((to, signal) => to.runs.prompt.query(input, { signal }), callOptions),
    control(runId, command, { commandId = nanoid(), ...callOptions } = {}) {
      const envelope = { commandId, runId, command };
      return ask((to, signal) => to.runs.control.mutate(envelope, { signal }), callOptions);
    },
    async start(input, callOptions) {
      const once = { ...input, idempotencyKey: input.idempotencyKey ?? nanoid() };
      const { runId, created } = await ask((to, signal) => to.runs.start.mutate(once, { signal }), callOptions);
      return { ...createRun(runId, calls), created };
    },
  };

  const close = async (): Promise<void> => connection.close();

  return {
    runs: {
      ...calls,
      open: (runId) => createRun(runId, calls),
      list: (input = {}, callOptions) => ask((to, signal) => to.runs.list.query(input, { signal }), callOptions),
      feed: ({ cursor, signal: outer, onCursor } = {}) =>
        iterate((signal) => follow(feedStream(), { connection, options, cursor, onCursor }, signal), outer),
    },
    pipelines: {
      list: (callOptions) => ask((to, signal) => to.pipelines.list.query(undefined, { signal }), callOptions),
    },
    server: {
      info: (callOptions) => ask((to, signal) => to.server.info.query(undefined, { signal }), callOptions),
      usage: (callOptions) => ask((to, signal) => to.server.usage.query(undefined, { signal }), callOptions),
    },
    connection: {
      get state() {
        return connection.state;
      },
      subscribe: (listener) => connection.subscribe(listener),
      retryNow: () => connection.retryNow(),
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
