import { once } from "node:events";
import { validate } from "@readme/openapi-parser";
import { EventSource } from "undici";
import { describe, expect, test } from "vitest";
import { listResultSchema, runViewSchema } from "../../server/src/gateways/api/view-schema.js";
import { checkLog } from "../support/check-log.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { bring } from "../support/moments.js";
import { answerOf, of, openScene } from "../support/scene.js";
import { startServer } from "../support/start-server.js";
import { createRecorder } from "../support/doors/door.js";

const JSON_TYPE = { "content-type": "application/json" };

/** A request, and its answer with the body read. */
async function ask(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  const text = await response.text();
  const body = (text === "" ? undefined : JSON.parse(text)) as { error?: object } & Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(url, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });

describe("starting and steering over HTTP", () => {
  test("a run is created at an address, once an Idempotency-Key", async () => {
    await using scene = await openScene();
    const api = `${scene.server.url}/api/runs`;
    const first = await post(api, { task: "build it" }, { "idempotency-key": "once" });
    expect(first).toMatchObject({ status: 201, body: { created: true } });
    const address = first.headers.get("location") ?? "";
    expect(address).toBe(`/api/runs/${String(first.body["runId"])}`);
    expect(await ask(scene.server.url + address)).toMatchObject({ status: 200, body: { task: "build it" } });
    for (const again of [
      await post(api, { task: "build it" }, { "idempotency-key": "once" }),
      await post(api, { task: "build it", idempotencyKey: "once" }),
      await post(api, { task: "build it", idempotencyKey: "once" }, { "idempotency-key": "once" }),
    ]) {
      expect(again).toMatchObject({ status: 200, body: { runId: first.body["runId"], created: false } });
    }
    expect(await post(api, { task: "x", idempotencyKey: "a" }, { "idempotency-key": "b" })).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_INPUT", message: expect.stringMatching(/"a".*"b"/) as string } },
    });
  });

  test("a command may have its id in the header, and its run in the body too", async () => {
    await using scene = await openScene();
    const { runId } = await bring(scene, "architecture, mid-stream");
    const api = `${scene.server.url}/api/runs/${runId}/control`;
    const command = { type: "guide", text: "shorter" };
    const first = await post(api, { command }, { "idempotency-key": "c-1" });
    expect(first).toMatchObject({ status: 200, body: { commandId: "c-1", outcome: "applied" } });
    expect(await post(api, { commandId: "c-1", runId, command })).toMatchObject({ status: 200, body: first.body });
    expect(await post(api, { commandId: "c-2", runId: "another", command })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringMatching(new RegExp(`${runId}.*"another"`)) as string } },
    });
    expect((await scene.server.engine.get(runId)).controls).toHaveLength(1);
  });

  test("runs are listed page by page, and by status", async () => {
    await using scene = await openScene();
    const api = `${scene.server.url}/api/runs`;
    const { runId: closed } = await bring(scene, "closed");
    const { runId: open } = await scene.start();
    await scene.reach("architecture");
    const page = await ask(`${api}?limit=1`);
    expect(page.body).toMatchObject({ runs: [{ runId: open }] });
    const next = await ask(`${api}?limit=1&cursor=${encodeURIComponent(String(page.body["nextCursor"]))}`);
    expect(next.body).toMatchObject({ runs: [{ runId: closed }] });
    expect(next.body).not.toHaveProperty("nextCursor");
    expect((await ask(`${api}?status=cancelled`)).body).toMatchObject({ runs: [{ runId: closed }] });
    expect(listResultSchema.parse(page.body)).toEqual(page.body);
  });
});

describe("mistakes over HTTP have one shape, and a status", () => {
  test.each([
    ["GET", "/api/runs/nobody", {}, 404, "RUN_NOT_FOUND"],
    ["GET", "/api/runs/nobody/events", {}, 404, "RUN_NOT_FOUND"],
    ["GET", "/api/runs/no.body", {}, 400, "INVALID_INPUT"],
    ["GET", "/api/runs/%zz", {}, 400, "INVALID_INPUT"],
    ["GET", "/api/runs/any/events?lasteventid=1-1", {}, 400, "INVALID_INPUT"],
    ["GET", "/api/runs/any/events?detail=some", {}, 400, "INVALID_INPUT"],
    ["GET", "/api/runs/any/events?detail=stages&detail=tokens", {}, 400, "INVALID_INPUT"],
    ["GET", "/api/runs?limit=many", {}, 400, "INVALID_INPUT"],
    ["GET", "/api/runs?limit=201", {}, 400, "INVALID_INPUT"],
    ["GET", "/api/runs?page=2", {}, 400, "INVALID_INPUT"],
    ["GET", "/api/nothing", {}, 404, "NOT_FOUND"],
    ["DELETE", "/api/runs/any", {}, 404, "NOT_FOUND"],
    ["POST", "/api/runs", { headers: JSON_TYPE, body: "{" }, 400, "INVALID_INPUT"],
    ["POST", "/api/runs", { headers: JSON_TYPE, body: "null" }, 400, "INVALID_INPUT"],
    ["POST", "/api/runs", { headers: JSON_TYPE, body: "[]" }, 400, "INVALID_INPUT"],
    ["POST", "/api/runs", { headers: JSON_TYPE, body: '{"__proto__":{"task":"x"}}' }, 400, "INVALID_INPUT"],
    ["POST", "/api/runs", { headers: JSON_TYPE, body: `{"task":"${"x".repeat(5_000)}"}` }, 413, "INVALID_INPUT"],
    ["POST", "/api/runs", { body: "task=x" }, 415, "INVALID_INPUT"],
    ["POST", "/api/runs/any/control", { headers: JSON_TYPE, body: "7" }, 400, "INVALID_INPUT"],
  ])("%s %s %j", async (method, path, init: RequestInit, status, code) => {
    await using server = await startServer({ maxMessageBytes: 4_096 });
    const answer = await ask(server.url + path, { method, ...init });
    expect(answer).toMatchObject({
      status,
      body: { error: { code, message: expect.any(String) as string, retryable: false } },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/stack|node_modules|\.[tj]s:/);
  });

  test("nobody is watched for by HEAD", async () => {
    await using scene = await openScene();
    const { runId } = await scene.start();
    expect((await fetch(`${scene.server.url}/api/runs/${runId}/events`, { method: "HEAD" })).status).toBe(404);
  });
});

describe("EventSource", () => {
  test("goes on by itself wherever the connection breaks, and stops at the end", async () => {
    await using scene = await openScene();
    await using proxy = await startCuttingProxy(scene.server.url);
    const { runId } = await scene.start();
    const source = new EventSource(`${proxy.url}/api/runs/${runId}/events`);
    const told = createRecorder();
    source.addEventListener("message", ({ data, lastEventId }) => {
      told.put([JSON.parse(data as string) as (typeof told.events)[number]], lastEventId);
    });
    const call = await scene.reach("architecture");
    for (const text of ["one ", "two ", "three "]) {
      call.write(text);
      await told.until((event) => event.type === "token" && event.text === text);
      const reconnected = proxy.accepted + 1;
      proxy.cut();
      // Told nothing, it only comes back.
      while (proxy.accepted < reconnected) await once(source, "open");
    }
    call.end();
    scene.model.answer(answerOf);
    await told.until(({ type }) => type === "run_complete");
    expect(checkLog(told.events)).toEqual(await scene.server.engine.get(runId));
    expect(
      of(told.events, "token")
        .slice(0, 3)
        .map(({ text }) => text),
    ).toEqual(["one ", "two ", "three "]);
    while (source.readyState !== EventSource.CLOSED) await once(source, "error");
  });
});

describe("what describes the API", () => {
  test("is a valid OpenAPI 3.1 document that names every address", async () => {
    await using server = await startServer();
    const { body, headers } = await ask(`${server.url}/api/openapi.json`);
    expect(headers.get("content-type")).toContain("application/json");
    expect(body["openapi"]).toMatch(/^3\.1\./);
    const checked = await validate(structuredClone(body) as Parameters<typeof validate>[0]);
    expect(checked).toMatchObject({ valid: true, warnings: [] });
    const { paths } = body as unknown as { paths: Record<string, object> };
    expect(
      Object.entries(paths).flatMap(([path, ops]) => Object.keys(ops).map((method) => `${method} ${path}`)),
    ).toEqual([
      "post /api/runs",
      "get /api/runs",
      "get /api/runs/{runId}",
      "get /api/runs/{runId}/events",
      "post /api/runs/{runId}/control",
    ]);
  });

  test("describes a run's view completely", async () => {
    await using scene = await openScene();
    const { runId } = await bring(scene, "refinement 1, mid-stream");
    await scene.client.control(runId, { type: "skip", target: "iteration", when: "now" });
    const call = await scene.reach("refinement", 2);
    call.cut();
    scene.model.answer(answerOf);
    const watch = scene.client.watch(runId);
    await watch.until(({ type }) => type === "error");
    for (const view of [
      await scene.server.engine.get(runId),
      (await watch.ended, await scene.server.engine.get(runId)),
    ]) {
      expect(runViewSchema.parse(view)).toEqual(view);
    }
  });

  test("is a page for people, without scripts", async () => {
    await using server = await startServer();
    const page = await fetch(`${server.url}/api`);
    const html = await page.text();
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(html).not.toMatch(/<script|style=|https?:\/\/(?!127\.0\.0\.1:4400)/);
    for (const anchor of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${anchor[1]}"`);
    expect((await fetch(`${server.url}/api/reference.css`)).headers.get("content-type")).toContain("text/css");
  });
});
