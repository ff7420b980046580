import { once } from "node:events";
import { get, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { describe, expect, test } from "vitest";
import { createServer } from "@stagewire/server";
import { bring } from "../support/moments.js";
import { openScene, verdict } from "../support/scene.js";
import { startServer } from "../support/start-server.js";

/** A request with headers that `fetch` does not let one choose. */
async function request(url: string, headers: IncomingHttpHeaders): Promise<{ status: number; body: string }> {
  const [response] = (await once(get(url, { headers }), "response")) as [IncomingMessage];
  let body = "";
  for await (const part of response.setEncoding("utf8")) body += String(part);
  return { status: response.statusCode ?? 0, body };
}

/** The status with which an upgrade was refused; 101 when it was not. */
function upgrade(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), { headers });
  return new Promise((resolve, reject) => {
    socket.on("open", () => {
      socket.terminate();
      resolve(101);
    });
    socket.on("unexpected-response", (_request, response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on("error", reject);
  });
}

describe("who may ask", () => {
  test.each([
    ["nothing special", {}, true],
    ["another name for this machine", { host: "localhost:4400" }, true],
    ["an allowed host", { host: "stagewire.example" }, true],
    ["an allowed host with a port", { host: "stagewire.example:8080" }, true],
    ["a name that somebody pointed at this machine", { host: "evil.example" }, false],
    ["a name that begins like ours", { host: "localhost.evil.example" }, false],
    ["the page of another site", { origin: "https://evil.example" }, false],
    ["a page that hides its origin", { origin: "null" }, false],
    ["an allowed host's page", { origin: "https://stagewire.example" }, true],
  ])("%s: %j", async (_, headers: Record<string, string>, served) => {
    await using server = await startServer({ allowedHosts: ["stagewire.example"] });
    const { status, body } = await request(`${server.url}/healthz`, headers);
    expect(status).toBe(served ? 200 : 403);
    if (!served) {
      expect(JSON.parse(body)).toMatchObject({ error: { code: "FORBIDDEN" } });
      expect(body).toContain(Object.values(headers)[0]);
      expect(body).toContain("allowedHosts");
    }
    expect((await request(`${server.url}/trpc/server.info`, headers)).status).toBe(served ? 200 : 403);
    expect(await upgrade(`${server.url}/trpc`, headers)).toBe(served ? 101 : 403);
  });

  test("our own page, and nobody else's at another port of this machine that is not allowed", async () => {
    await using server = await startServer();
    expect((await request(`${server.url}/healthz`, { origin: server.url })).status).toBe(200);
    expect(await upgrade(`${server.url}/trpc`, { origin: server.url })).toBe(101);
  });

  test("a socket at another address is refused", async () => {
    await using server = await startServer();
    expect(await upgrade(`${server.url}/somewhere`, {})).toBe(404);
  });

  test("it does not listen where others could reach it", async () => {
    await expect(createServer({ host: "0.0.0.0", port: 0, logLevel: "silent" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });

  test("a port that is taken is named", async () => {
    await using server = await startServer();
    await expect(startServer({ port: server.port })).rejects.toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining(String(server.port)) as string,
    });
  });
});

describe("plain HTTP", () => {
  test.each(["//nothing", `/api/runs/${"a".repeat(6_000)}`, "/nothing"])(
    "with a page, what it does not hold is not found: %.12s",
    async (path) => {
      await using server = await startServer({ webRoot: import.meta.dirname });
      const { status, body } = await request(server.url + path, {});
      expect(status).toBe(404);
      expect(JSON.parse(body)).toMatchObject({ error: { code: "NOT_FOUND", retryable: false } });
    },
  );

  test("a procedure that is asked for as something else than it is is not found, as on the socket", async () => {
    await using server = await startServer();
    const asked = await Promise.all([
      fetch(`${server.url}/trpc/runs.start?input={}`),
      fetch(`${server.url}/trpc/server.info`, {
        method: "POST",
        body: "{}",
        headers: { "content-type": "application/json" },
      }),
    ]);
    for (const response of asked) {
      expect(response.status).toBe(405);
      expect(await response.json()).toMatchObject({
        error: { message: expect.stringMatching(/^NOT_FOUND: /) as string, data: { reason: "NOT_FOUND" } },
      });
    }
  });

  test("health, readiness, and what there is", async () => {
    await using server = await startServer();
    for (const path of ["/healthz", "/readyz"]) {
      const response = await fetch(server.url + path);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ status: "ok" });
    }
    expect(await (await fetch(server.url)).json()).toMatchObject({ name: "stagewire", trpc: "/trpc" });
    expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
  });

  test("queries in a batch", async () => {
    await using server = await startServer();
    const input = encodeURIComponent(JSON.stringify({ 1: { runId: "nobody" } }));
    const response = await fetch(`${server.url}/trpc/server.info,runs.get,pipelines.list?batch=1&input=${input}`);
    expect(response.status).toBe(207);
    const [info, missing, pipelines] = (await response.json()) as {
      result?: { data: unknown };
      error?: { data: object };
    }[];
    expect(info?.result?.data).toMatchObject({ name: "stagewire", protocol: 1, model: { kind: "demo" } });
    expect(missing?.error?.data).toMatchObject({ reason: "RUN_NOT_FOUND", httpStatus: 404 });
    expect(pipelines?.result?.data).toMatchObject([{ id: "build" }]);
  });

  test("mutations, and errors with a status and nothing internal", async () => {
    await using server = await startServer({ maxMessageBytes: 4_096 });
    const post = (body: string, type = "application/json") =>
      fetch(`${server.url}/trpc/runs.start`, { method: "POST", body, headers: { "content-type": type } });
    const started = await post(JSON.stringify({ task: "build it", idempotencyKey: "k" }));
    expect(started.status).toBe(200);
    const first = ((await started.json()) as { result: { data: { runId: string } } }).result.data;
    const again = (await (await post(JSON.stringify({ task: "build it", idempotencyKey: "k" }))).json()) as {
      result: { data: object };
    };
    expect(again.result.data).toEqual({ runId: first.runId, created: false });

    for (const [body, status] of [
      ["{", 400],
      ['{"task":""}', 400],
      [JSON.stringify({ task: "x".repeat(5_000) }), 413],
    ] as const) {
      const refused = await post(body);
      const text = await refused.text();
      expect(refused.status).toBe(status);
      expect(text).not.toMatch(/"stack"|node_modules|\.ts:|file:\/\//);
      expect(text).not.toContain(process.cwd());
    }
    expect((await post("task=x", "text/plain")).status).toBeGreaterThanOrEqual(400);
  });

  test("a run's events as a stream, without a WebSocket, resumed by Last-Event-ID", async () => {
    await using scene = await openScene();
    const { runId, call } = await bring(scene, "architecture, mid-stream");
    const input = encodeURIComponent(JSON.stringify({ runId }));
    const leaving = new AbortController();
    const read = async (headers: Record<string, string>, until: string) => {
      const url = `${scene.server.url}/trpc/runs.events?input=${input}`;
      const response = await fetch(url, {
        headers: { accept: "text/event-stream", ...headers },
        signal: leaving.signal,
      });
      expect(response.headers.get("content-type")).toContain("text/event-stream");
      let text = "";
      for await (const part of response.body ?? []) {
        text += Buffer.from(part as Uint8Array).toString();
        if (text.includes(until)) break;
      }
      return { ids: [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? ""), text };
    };
    const first = await read({}, '"partial "');
    expect(first.text).toContain('"run_start"');
    call?.end();
    scene.model.answer(() => verdict(true));
    const rest = await read({ "last-event-id": first.ids.at(-1) ?? "" }, '"run_complete"');
    expect(rest.text).not.toContain('"run_start"');
    expect(rest.text).toContain('"outcome":"completed"');
    leaving.abort();
  });
});
