import { expect, test } from "vitest";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { DOORS } from "../support/doors/index.js";
import { readSse } from "../support/doors/sse-reader.js";
import { is, isToken, openScene } from "../support/scene.js";
import { countWatches } from "../support/watches.js";

// What takes a server half a minute, all at a time.

const MiB = 1_048_576;

test.concurrent("a stream that has nothing to tell still gives signs of life", async () => {
  await using scene = await openScene();
  const { runId } = await scene.start();
  // An engine that says nothing: a run's own signs of life come every 2 s.
  Object.assign(scene.server.engine, {
    async *watch({ ready, signal }: { ready?: () => Promise<void> | undefined; signal: AbortSignal }) {
      await ready?.();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield* [];
    },
  });
  const input = encodeURIComponent(JSON.stringify({ runId }));
  const told = await Promise.all(
    [`/api/runs/${runId}/events`, `/trpc/runs.events?input=${input}`].map(
      (path) =>
        new Promise<string>((resolve, reject) => {
          const alive = (how: string) => {
            resolve(how);
            reader.stop();
          };
          const reader = readSse(
            scene.server.url + path,
            {},
            {
              onMessage: ({ event }) => event === "ping" && alive("ping"),
              onComment: () => alive("comment"),
              onAnswer: (status, body) => reject(new Error(`${status} ${body}`)),
              onEnd: () => reject(new Error("it ended")),
              onRefused: reject,
            },
          );
        }),
    ),
  );
  expect(told).toEqual(["comment", "ping"]);
}, 90_000);

test.concurrent("a reader that has read nothing for 30 s is let go", async () => {
  await using scene = await openScene();
  await using proxy = await startCuttingProxy(scene.server.url);
  const { runId, seen } = await scene.start();
  const call = await scene.reach("architecture");
  await seen.until(is("stage_start"));
  const watches = countWatches(scene.server);
  const clients = await Promise.all(DOORS.map((door) => door.connect(proxy.url)));
  const stalled = clients.map((client) => client.watch(runId));
  await Promise.all(stalled.map((watch) => watch.until(is("stage_start"))));
  proxy.freeze();
  const piece = "0123456789abcdef".repeat(16_384);
  for (let sent = 0; sent < 12 * MiB; sent += piece.length) {
    call.write(piece);
    const last = seen.events.length;
    await seen.until((event) => event.seq > last && isToken(event));
  }
  expect(watches.count).toBe(DOORS.length);
  // Nobody has closed anything on the readers' side.
  await watches.until(0);
  expect(watches.texts).toHaveLength(DOORS.length);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
}, 120_000);
