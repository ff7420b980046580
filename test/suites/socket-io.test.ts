import { fileURLToPath } from "node:url";
import type { RunEvent } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { checkLog } from "../support/check-log.js";
import { startProcess } from "../support/cli-process.js";
import { openSocketIo, type TypedSocket } from "../support/doors/socket-io-door.js";
import { bring } from "../support/moments.js";
import { python, PYTHON_PACKAGES } from "../support/python-socketio.js";
import { answerOf, endings, is, openScene } from "../support/scene.js";
import { startServer } from "../support/start-server.js";
import { countWatches } from "../support/watches.js";

/** A socket that is gone at the end of its block. */
function open(url: string, ...rest: [("websocket" | "polling")[]?]): TypedSocket & Disposable {
  const socket = openSocketIo(url, ...rest);
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.disconnect() });
}

function connected(socket: TypedSocket): Promise<void> {
  return new Promise((resolve) => (socket.connected ? resolve() : socket.once("connect", resolve)));
}

/** A frame that the server's types do not know. */
const send = (socket: TypedSocket, ...args: unknown[]) =>
  (socket as unknown as { emitWithAck(...args: unknown[]): Promise<unknown> }).emitWithAck(...args);

describe("Socket.IO", () => {
  test("works by long polling alone, where WebSockets are blocked", async () => {
    await using scene = await openScene();
    using socket = open(scene.server.url, ["polling"]);
    const { runId } = (await socket.emitWithAck("start", { task: "build it" })) as { runId: string };
    const events: RunEvent[] = [];
    const over = new Promise<void>((resolve) => {
      socket.on("events", (frame) => {
        events.push(...frame.events);
        if (frame.events.at(-1)?.type === "run_complete") resolve();
      });
    });
    expect(await socket.emitWithAck("watch", { runId })).toEqual({ watching: true });
    scene.model.answer(answerOf);
    await over;
    expect(socket.io.engine.transport.name).toBe("polling");
    expect(checkLog(events)).toEqual(await scene.server.engine.get(runId));
  });

  test("a second watch of a run takes the place of the first, and unwatch ends it", async () => {
    await using scene = await openScene();
    const watches = countWatches(scene.server);
    const { runId, call } = await bring(scene, "architecture, mid-stream");
    using socket = open(scene.server.url);
    const frames: { cursor: string; events: readonly RunEvent[] }[] = [];
    socket.on("events", (frame) => void frames.push(frame));
    await socket.emitWithAck("watch", { runId });
    await watches.until(2);
    await socket.emitWithAck("watch", { runId, detail: "stages" });
    await watches.until(2);
    expect(await socket.emitWithAck("unwatch", { runId })).toEqual({ watching: false });
    await watches.until(1);
    const before = frames.length;
    call?.write("nobody hears this");
    await socket.emitWithAck("unwatch", { runId });
    expect(frames.length).toBe(before);
  });

  test("as many runs on one socket as are allowed, and one more when one has ended", async () => {
    await using scene = await openScene({ maxSubscriptionsPerSocket: 2 });
    const runs = [await scene.start(), await scene.start(), await scene.start()].map(({ runId }) => runId);
    using socket = open(scene.server.url);
    const watch = (index: number) => socket.emitWithAck("watch", { runId: runs[index] ?? "" });
    expect([await watch(0), await watch(1), await watch(1)]).toEqual(
      Array.from({ length: 3 }, () => ({ watching: true })),
    );
    expect(await watch(2)).toMatchObject({ error: { code: "TOO_MANY_REQUESTS", retryable: true } });
    await socket.emitWithAck("unwatch", { runId: runs[0] ?? "" });
    expect(await watch(2)).toEqual({ watching: true });
  });

  test("what is no request is refused by name, and harms nobody", async () => {
    await using scene = await openScene();
    using socket = open(scene.server.url);
    for (const [args, code] of [
      [["destroy", {}], "NOT_FOUND"],
      [["error", "boo"], "NOT_FOUND"],
      [["__proto__"], "NOT_FOUND"],
      [["watch"], "INVALID_INPUT"],
      [["watch", null], "INVALID_INPUT"],
      [["watch", { runId: ["a"] }], "INVALID_INPUT"],
      [["start", "a task"], "INVALID_INPUT"],
      [["control", 7], "INVALID_INPUT"],
      [["start", Buffer.from([1, 2, 3])], "INVALID_INPUT"],
    ] as const) {
      expect(await send(socket, ...args), args[0]).toMatchObject({ error: { code } });
    }
    // Without an ack there is nobody to tell.
    (socket as unknown as { emit(...args: unknown[]): void }).emit("watch", { runId: "nobody" });
    expect(await socket.emitWithAck("unwatch", { runId: "nobody" })).toEqual({ watching: false });
  });

  test("a message that is too big ends the connection, and no other", async () => {
    await using server = await startServer({ maxMessageBytes: 4_096 });
    using socket = open(server.url);
    using other = open(server.url);
    await Promise.all([connected(socket), connected(other)]);
    const closed = new Promise((resolve) => socket.once("disconnect", resolve));
    socket.emit("start", { task: "x".repeat(5_000) }, () => {});
    await closed;
    expect(await other.emitWithAck("unwatch", { runId: "any" })).toEqual({ watching: false });
  });

  test("pages of other sites get in neither by polling nor by WebSocket", async () => {
    await using server = await startServer();
    const address = `${server.url}/socket.io/?EIO=4&transport=`;
    const headers = { origin: "https://evil.example" };
    expect((await fetch(`${address}polling`, { headers })).status).toBe(403);
    expect((await fetch(`${address}polling`)).status).toBe(200);
    const socket = new WebSocket(`${address.replace(/^http/, "ws")}websocket`, { headers });
    const refused = new Promise<number>((resolve) => {
      socket.on("unexpected-response", (_request, response) => {
        response.destroy();
        resolve(response.statusCode ?? 0);
      });
    });
    socket.on("error", () => {});
    expect(await refused).toBe(403);
  });

  test("a server that closes lets clients come back to the next one", async () => {
    await using first = await startServer();
    using socket = open(first.url);
    await connected(socket);
    const { port } = first;
    await first.close();
    await using second = await startServer({ port });
    expect(second.port).toBe(port);
    expect(await socket.emitWithAck("unwatch", { runId: "any" })).toEqual({ watching: false });
  });
});

test.skipIf(python === undefined)(
  `python-socketio starts, watches, resumes and skips a run (needs ${PYTHON_PACKAGES})`,
  async () => {
    await using scene = await openScene();
    const script = fileURLToPath(new URL("../support/python/watch_over_socket_io.py", import.meta.url));
    await using running = startProcess(python ?? "", [script, scene.server.url], {});
    (await scene.reach("architecture")).end();
    const call = await scene.reach("implementation");
    const { runs } = await scene.server.engine.list({});
    const watch = scene.client.watch(runs[0]?.runId ?? "");
    await watch.until(is("control", { outcome: "scheduled" }));
    call.end();
    scene.model.answer(answerOf);
    const { code, stdout, stderr } = await running.result;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RunEvent);
    const view = checkLog(events);
    expect(view).toEqual(await scene.server.engine.get(view.runId));
    expect(view.status).toBe("completed");
    expect(endings(events).map((ending) => ending.split(" ")[0])).toEqual([
      "architecture",
      "implementation",
      "review",
      "documentation",
    ]);
  },
);
