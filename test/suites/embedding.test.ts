import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HttpAgent } from "@ag-ui/client";
import {
  createEngine,
  createHandler,
  createServer,
  definePipeline,
  type ModelDriver,
  openSqliteLog,
  type Pipeline,
  type StagewireHandler,
} from "@stagewire/server";
import { StagewireError } from "@stagewire/shared";
import { fastify } from "fastify";
import { expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { DOORS } from "../support/doors/index.js";
import { openSocketIo } from "../support/doors/socket-io-door.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

/** Says back what it is asked, in two pieces; `wait` in the question makes it wait for the end of the call. */
function echo(): ModelDriver & { disposed: boolean } {
  return {
    disposed: false,
    info: { kind: "openai", name: "echo" },
    async generate({ messages, signal }, onDelta) {
      const asked = messages.at(-1)?.content ?? "";
      onDelta("output", "You said: ");
      if (asked.includes("wait")) await once(signal, "abort");
      signal.throwIfAborted();
      onDelta("output", asked);
      return { finish: "stop", usage: { promptTokens: 1, completionTokens: 2, estimated: false } };
    },
    async [Symbol.asyncDispose]() {
      this.disposed = true;
    },
  };
}

const two: Pipeline = definePipeline({
  id: "two",
  title: "Two",
  stages: [
    { id: "first", title: "First", prompt: ({ task }) => [{ role: "user", content: task }] },
    { id: "second", title: "Second", prompt: ({ outputs }) => [{ role: "user", content: `${outputs["first"]}!` }] },
  ],
});

test("settings that are wrong are named with their values, what is allowed and what was probably meant", async () => {
  await using folder = await temporaryFolder();
  const options = { port: 0, data: folder.path, maxRefinements: 12, maxRefinement: 3 };
  await expect(createServer(options)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: '"maxRefinement" is not a setting; did you mean maxRefinements?\nmaxRefinements is 12, allowed 0–10',
  });
  await expect(createHandler({ data: folder.path, colour: "red" } as object)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/^"colour" is not a setting; known are host, port, /) as string,
  });
});

test("an engine needs a log and a model, and leaves both open", async () => {
  await using folder = await temporaryFolder();
  await using log = await openSqliteLog({ dir: folder.path });
  const model = echo();
  const engine = await createEngine({ log, model, pipelines: [two] });
  const { runId } = await engine.start({ task: "hello" });
  const outputs: string[] = [];
  for await (const { events } of engine.watch({ runId, signal: new AbortController().signal })) {
    for (const event of events) if (event.type === "stage_complete") outputs.push(event.output);
  }
  expect(outputs).toEqual(["You said: hello", "You said: You said: hello!"]);
  await engine.close();
  expect(model.disposed).toBe(false);
  expect(await log.head(runId)).toMatchObject({ closed: true });
});

test("a server asks the driver that it is given, writes to the log that it is given, and closes neither", async () => {
  await using folder = await temporaryFolder();
  await using log = await openSqliteLog({ dir: folder.path });
  const modelDriver = echo();
  const server = await createServer({ port: 0, log, modelDriver, pipelines: [two], logLevel: "silent" });
  await using client = plainClient(server.url);
  expect(server.info.model).toEqual({ kind: "openai", name: "echo" });
  const { runId } = await client.trpc.runs.start.mutate({ task: "hello", pipeline: "two" });
  await client.watch(runId).ended;
  expect((await client.trpc.runs.get.query({ runId })).output).toBe("You said: You said: hello!");
  await server.close();
  expect(modelDriver.disposed).toBe(false);
  expect(await log.head(runId)).toMatchObject({ closed: true });
});

test("what a driver throws is the run's error, whatever it is", async () => {
  await using folder = await temporaryFolder();
  const thrown = [new StagewireError("MODEL_AUTH", "The key was refused."), new Error("secret of the driver")];
  const modelDriver = { ...echo(), generate: () => Promise.reject(thrown.shift() ?? new Error("asked too often")) };
  await using server = await createServer({ port: 0, data: folder.path, modelDriver, logLevel: "silent" });
  await using client = plainClient(server.url);
  const told: string[][] = [];
  for (const task of ["one", "two"]) {
    const { runId } = await client.trpc.runs.start.mutate({ task });
    const seen = client.watch(runId);
    await seen.ended;
    told.push(seen.events.flatMap((event) => (event.type === "error" ? [event.code, event.message] : [])));
    expect(seen.events.at(-1)).toMatchObject({ type: "run_complete", outcome: "failed" });
  }
  expect(told[0]).toEqual(["MODEL_AUTH", "The key was refused."]);
  expect(told[1]?.join(" ")).toContain("INTERNAL");
  expect(told[1]?.join(" ")).not.toContain("secret");
});

/** Servers of other people, with a page of their own and the doors mounted as the guide says. */
const hosts = {
  "node:http": async (stagewire: StagewireHandler) => {
    const server = createHttpServer((request, response) => {
      if (!stagewire.handle(request, response)) response.end("my own page");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { server, close: () => new Promise((resolve) => server.close(resolve)) };
  },
  Fastify: async (stagewire: StagewireHandler) => {
    const app = fastify();
    app.addHook("onRequest", (request, reply, done) => {
      if (stagewire.handle(request.raw, reply.raw)) reply.hijack();
      else done();
    });
    app.addHook("preClose", () => stagewire.close());
    app.get("/", () => "my own page");
    await app.listen({ host: "127.0.0.1", port: 0 });
    return { server: app.server, close: () => app.close() };
  },
} as const;

test.each(Object.entries(hosts))("mounted on %s, the doors serve and leave the rest alone", async (_, mount) => {
  await using folder = await temporaryFolder();
  const data = folder.path;
  await using stagewire = await createHandler({ data, modelDriver: echo(), pipelines: [two], logLevel: "silent" });
  const { server, close } = await mount(stagewire);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const own = new WebSocketServer({ noServer: true });
  own.on("connection", (socket) => socket.send("my own socket"));
  server.on("upgrade", (request, socket, head) => {
    if (!stagewire.upgrade(request, socket, head))
      own.handleUpgrade(request, socket, head, (ws) => own.emit("connection", ws));
  });
  const ownPage = async () => (await fetch(`${url}/`)).text();

  expect(await ownPage()).toBe("my own page");
  const ownSocket = new WebSocket(`${url.replace("http", "ws")}/mine`);
  expect(String((await once(ownSocket, "message"))[0])).toBe("my own socket");
  ownSocket.terminate();

  const output = "You said: You said: hello!";
  for (const door of DOORS) {
    await using client = await door.connect(url);
    const { runId } = await client.start({ task: "hello", pipeline: "two" });
    const seen = client.watch(runId);
    await seen.ended;
    expect(seen.events.at(-1), door.name).toMatchObject({ outcome: "completed", output });
    const ack = await client.control({ commandId: "late", runId, command: { type: "resume" } });
    expect(ack, door.name).toMatchObject({ outcome: "rejected", reason: "run_closed" });
  }
  const polling = openSocketIo(url, ["polling"]);
  expect(await polling.emitWithAck("start", { task: "hello", pipeline: "two" })).toMatchObject({ created: true });
  polling.disconnect();
  const agent = new HttpAgent({ url: `${url}/ag-ui`, initialMessages: [{ id: "1", role: "user", content: "hello" }] });
  const { result } = await agent.runAgent({ forwardedProps: { stagewire: { pipeline: "two" } } });
  expect(result).toBe(output);
  const alike = await fetch(`${url}/apiary`);
  expect(alike.headers.get("content-security-policy"), "a path that only begins like ours").toBeNull();
  const foreign = await fetch(`${url}/api/runs`, { headers: { origin: "http://evil.example" } });
  expect(foreign.status).toBe(403);

  // A stream that goes on does not keep the server from closing.
  await using client = plainClient(url);
  const open = await client.trpc.runs.start.mutate({ task: "wait", pipeline: "two" });
  const streaming = await fetch(`${url}/api/runs/${open.runId}/events`);
  const broken = streaming.text().then(
    () => "ended",
    () => "broken off",
  );
  if (mount === hosts["node:http"]) {
    await stagewire.close();
    expect(await ownPage()).toBe("my own page");
    expect(await (await fetch(`${url}/api/runs`)).text()).toBe("my own page");
  }
  await client[Symbol.asyncDispose]();
  await close();
  expect(await broken).toBe("broken off");
});

test("a wrong setting given by code is named with its value and what is allowed, as one from anywhere else", async () => {
  const refusal = (options: object) =>
    createServer({ port: 0, logLevel: "silent", ...options }).then(
      (server) => server.close(),
      ({ code, message }: { code: string; message: string }) => `${code}: ${message}`,
    );
  expect(await refusal({ port: "x", maxRuns: -1 })).toBe(
    'CONFIG_INVALID: port is "x", allowed 0–65535\nmaxRuns is -1, allowed 0 or more',
  );
  // Coercion would make 0 of it: any free port.
  expect(await refusal({ port: null })).toBe("CONFIG_INVALID: port is null, allowed 0–65535");
  expect(await refusal({ prot: 1 })).toBe('CONFIG_INVALID: "prot" is not a setting; did you mean port?');
  expect(await refusal({ openaiApiKey: 12_345 })).toMatch(/^CONFIG_INVALID: openaiApiKey is …, allowed /);
});
