import { expect, test } from "vitest";
import { openRawSocket, type RawAnswer } from "../support/raw-socket.js";
import { openScene } from "../support/scene.js";

/** What a client that was written from PROTOCOL.md alone would otherwise have to guess. */

const info = (id: number) => ({ id, method: "query", params: { path: "server.info" } });
const watch = (id: number, input: object) => ({ id, method: "subscription", params: { path: "runs.events", input } });
const brief = ({ id, error, result }: RawAnswer) => [id, error?.data.reason ?? result?.type];

test("what is left out is left out: null is refused, at once and without `started`", async () => {
  await using scene = await openScene();
  const { runId } = await scene.start();
  await using socket = await openRawSocket(scene.server.url);
  socket.send(watch(1, { runId, lastEventId: null }));
  expect(brief(await socket.next())).toEqual([1, "INVALID_INPUT"]);
});

test("a mutation that is asked for as a query is no procedure", async () => {
  await using scene = await openScene();
  await using socket = await openRawSocket(scene.server.url);
  socket.send({ id: 1, method: "query", params: { path: "runs.start", input: { task: "build it" } } });
  expect(brief(await socket.next())).toEqual([1, "NOT_FOUND"]);
});

test("stopping what is not open is passed over in silence", async () => {
  await using scene = await openScene();
  await using socket = await openRawSocket(scene.server.url);
  socket.send({ id: 7, method: "subscription.stop" });
  for (const id of [8, 9]) socket.send(info(id));
  expect([brief(await socket.next()), brief(await socket.next())]).toEqual([
    [8, "data"],
    [9, "data"],
  ]);
});

test("a stage's whole text comes in one message, larger than what a client may send", async () => {
  await using scene = await openScene();
  const { runId } = await scene.start();
  const call = await scene.reach("architecture");
  const text = "x".repeat(500_000);
  for (let piece = 0; piece < 3; piece++) call.write(text);
  call.end();
  await scene.reach("implementation");
  await using socket = await openRawSocket(scene.server.url);
  socket.send(watch(1, { runId, detail: "stages" }));
  let largest = 0;
  while (largest < 3 * text.length) largest = Math.max(largest, JSON.stringify(await socket.next()).length);
  expect(largest).toBeGreaterThan(scene.server.info.limits.maxMessageBytes);
});

test("a shutdown says `reconnect` and closes with 1001: no watch is told that it is over", async () => {
  await using scene = await openScene({ drainMs: 0 });
  const { runId } = await scene.start();
  await scene.reach("architecture");
  await using socket = await openRawSocket(scene.server.url);
  socket.send(watch(1, { runId }));
  expect(brief(await socket.next())).toEqual([1, "started"]);
  await scene.server.shutdown();
  expect(await socket.closed).toBe(1001);
  const said: unknown[] = [];
  for (;;) {
    const message = (await socket.next()) as RawAnswer & { method?: string };
    said.push(message.method ?? message.result?.type);
    if (message.method === "reconnect") break;
  }
  expect(said.filter((type) => type !== "data")).toEqual(["reconnect"]);
});
