import { connect } from "node:net";
import { definePipeline, type Engine } from "@stagewire/server";
import { StagewireError } from "@stagewire/shared";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createHttpApp } from "../../server/src/gateways/http/app.js";
import { openScene } from "../support/scene.js";
import { startServer } from "../support/start-server.js";

test("a refused upgrade whose other end breaks off does no harm", async () => {
  await using server = await startServer();
  const thrown: unknown[] = [];
  const note = (error: unknown) => void thrown.push(error);
  process.on("uncaughtException", note);
  try {
    for (let i = 0; i < 100; i++) {
      await new Promise<void>((resolve) => {
        const socket = connect(server.port, server.host, () => {
          socket.write(
            `GET /nope HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
          );
          setImmediate(() => socket.resetAndDestroy());
        });
        socket.on("error", () => {}).on("close", () => resolve());
      });
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  } finally {
    process.off("uncaughtException", note);
  }
  expect(thrown).toEqual([]);
});

test("a page of another server on this machine may not use this one", async () => {
  await using server = await startServer();
  const status = async (origin: string) =>
    (await fetch(`${server.url}/trpc/server.info`, { headers: { origin } })).status;
  expect(await status("http://localhost")).toBe(403);
  expect(await status("https://127.0.0.1")).toBe(403);
  expect(await status(`http://127.0.0.1:${server.port + 1}`)).toBe(403);
  expect(await status(server.url)).toBe(200);
});

test("a cursor is CURSOR_UNRECOVERABLE, however long it is", async () => {
  await using scene = await openScene();
  const { runId } = await scene.start();
  const recording = scene.client.watch(runId, { lastEventId: "9".repeat(300) });
  await expect(recording.ended).rejects.toMatchObject({ data: { reason: "CURSOR_UNRECOVERABLE" } });
});

test("what a failed log is told by to clients is in the server's log with its cause, as its message says", async () => {
  const lines: string[] = [];
  const fail = () =>
    Promise.reject(
      new StagewireError("LOG_UNAVAILABLE", "The run log failed.", { cause: new Error("disk I/O error") }),
    );
  const app = await createHttpApp({
    doors: true,
    engine: { get: fail } as unknown as Engine,
    info: {
      name: "stagewire",
      version: "0",
      protocol: 1,
      model: { kind: "demo", name: "demo" },
      limits: { maxConcurrentRuns: 1, maxTaskBytes: 1, maxMessageBytes: 1, maxRefinements: 1 },
      auth: { required: false },
    },
    maxSubscriptionsPerSocket: 1,
    maxMessageBytes: 1_024,
    logger: pino({ level: "error" }, { write: (line: string) => void lines.push(line) }),
    check: () => undefined,
  });
  const answer = await app.inject(`/trpc/runs.get?input=${encodeURIComponent(JSON.stringify({ runId: "r" }))}`);
  await app.close();
  expect(answer.statusCode).toBe(503);
  expect(answer.body).not.toContain("disk");
  expect(lines.join("")).toContain("disk I/O error");
});

test("two pipelines of one name are refused", async () => {
  const pipeline = (title: string) =>
    definePipeline({
      id: "mine",
      title,
      stages: [{ id: "say", title: "Say", prompt: () => [{ role: "user", content: "x" }] }],
    });
  await expect(startServer({ pipelines: [pipeline("A"), pipeline("B")] })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining('"mine"') as string,
  });
});
