import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { createClient, type RunEvent, StagewireError } from "@stagewire/client";
import { describe, expect, test } from "vitest";
import { type Script, startScriptedServer } from "../support/scripted-server.js";
import {
  collect,
  expectPartition,
  fold,
  freePort,
  LOG,
  QUICK as PATIENCE,
  reach,
  RUN,
  silence,
  start as startPair,
  TRANSPORTS,
} from "../support/sdk-pair.js";

describe.each(TRANSPORTS)("calls by %s", (transport) => {
  const QUICK = { ...PATIENCE, transport };
  const start = (script?: Script) => startPair(script, QUICK);

  test("a start that is cut off is sent again with the same key", async () => {
    const keys: (string | undefined)[] = [];
    await using pair = await start({
      async start({ idempotencyKey }, nth) {
        keys.push(idempotencyKey);
        if (nth < 3) {
          pair.server.drop();
          await silence().next();
        }
        return { runId: RUN, created: true };
      },
    });
    const run = await pair.client.runs.start({ task: "build it" });
    expect(run).toMatchObject({ runId: RUN, created: true });
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/.{10}/);
  });

  test("a command that is cut off is sent again with the same id, and every helper sends its command", async () => {
    const sent: unknown[] = [];
    await using pair = await start({
      control({ commandId, command }, nth) {
        sent.push(nth === 1 ? commandId : command);
        if (nth === 1) pair.server.drop();
        if (nth === 2) expect(commandId).toBe(sent[0]);
        return { commandId, outcome: "rejected", reason: "not_refining", seq: 7 };
      },
    });
    const run = pair.client.runs.open(RUN);
    expect(await run.cancel({ reason: "enough" })).toMatchObject({
      outcome: "rejected",
      reason: "not_refining",
      seq: 7,
    });
    await run.cancel({ when: "after_stage" });
    await run.skip();
    await run.skip({ target: "remaining", when: "after_iteration" });
    await run.pause();
    await run.resume();
    expect(await run.guide("shorter", { commandId: "mine" })).toMatchObject({ commandId: "mine" });
    expect(sent.slice(1)).toEqual([
      { type: "cancel", when: "now", reason: "enough" },
      { type: "cancel", when: "after_stage" },
      { type: "skip", target: "iteration", when: "now" },
      { type: "skip", target: "remaining", when: "after_iteration" },
      { type: "pause" },
      { type: "resume" },
      { type: "guide", text: "shorter" },
    ]);
  });

  test("a server that asks for patience is asked again; one that refuses is not", async () => {
    let asked = 0;
    await using pair = await start({
      start(_, nth) {
        asked = nth;
        throw nth < 3
          ? new StagewireError("SHUTTING_DOWN", "come again")
          : new StagewireError("INVALID_INPUT", "the task is empty");
      },
    });
    await expect(pair.client.runs.start({ task: "" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "the task is empty",
    });
    expect(asked).toBe(3);
  });

  test("a server that asks for patience for too long is quoted", async () => {
    await using pair = await startPair(
      {
        start() {
          throw new StagewireError("LOG_UNAVAILABLE", "nothing can be stored now");
        },
      },
      { ...QUICK, callTimeoutMs: 500 },
    );
    await expect(pair.client.runs.start({ task: "x" })).rejects.toMatchObject({
      code: "LOG_UNAVAILABLE",
      message: "nothing can be stored now",
    });
  });

  test("says where nothing answers and what to do", async () => {
    await using port = await freePort();
    const url = `http://127.0.0.1:${port.number}`;
    await using client = createClient({ url, ...QUICK, callTimeoutMs: 200 });
    await expect(client.server.info()).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
      message: `nothing answers at ${url}: run \`npx stagewire serve\`, or check the address`,
    });
  });

  test("rejects with the signal's reason", async () => {
    await using port = await freePort();
    await using client = createClient({ url: `http://127.0.0.1:${port.number}`, ...QUICK });
    const reason = new Error("changed my mind");
    const signal = AbortSignal.abort(reason);
    await expect(client.runs.list({}, { signal })).rejects.toBe(reason);
    const controller = new AbortController();
    const asking = client.runs.list({}, { signal: controller.signal });
    controller.abort("no longer needed");
    await expect(asking).rejects.toBe("no longer needed");
  });

  test("an address that is none is refused at once", () => {
    expect(() => createClient({ url: "localhost:4400" })).toThrow(/"localhost:4400" is not the address of a server/);
  });

  test("a closed client says so", async () => {
    await using pair = await start();
    await pair.client.close();
    await expect(pair.client.server.info()).rejects.toMatchObject({
      message: expect.stringContaining("client is closed") as unknown,
    });
    expect(await collect(pair.client.runs.watch(RUN))).toEqual([]);
  });
});

describe.each(TRANSPORTS)("the connection by %s", (transport) => {
  const QUICK = { ...PATIENCE, transport };
  const start = (script?: Script, options = QUICK) => startPair(script, options);

  test("reconnects when the server comes back, and retryNow does not wait", async () => {
    await using port = await freePort();
    await using client = createClient({
      url: `http://127.0.0.1:${port.number}`,
      ...QUICK,
      maxRetryDelayMs: 3_600_000,
      callTimeoutMs: 60_000,
    });
    const watching = collect(client.runs.watch(RUN));
    const far = Date.now() + 60_000;
    // Each failed try doubles the wait: soon the next one would not come by itself within this test.
    await reach(client, (state) => {
      if (state.status !== "reconnecting") return false;
      if (state.retryAt > far) return true;
      setImmediate(() => client.connection.retryNow());
      return false;
    });
    await using server = await startScriptedServer({}, port.number);
    server.append(RUN, ...LOG);
    client.connection.retryNow();
    expectPartition(await watching, 1, LOG.length);
  });

  test("the token goes along and a refusal is final", async () => {
    const tokens: (string | undefined)[] = [];
    const admit = (token?: string) => {
      tokens.push(token);
      if (token !== "good") throw new StagewireError("UNAUTHORIZED", "this token is not known");
    };
    await using good = await start({ admit }, { ...QUICK, token: "good" });
    good.server.append(RUN, ...LOG);
    expect(await good.client.runs.get(RUN)).toEqual(fold(LOG));
    await using bad = await start({ admit }, { ...QUICK, token: "bad" });
    await expect(bad.client.runs.get(RUN)).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: "this token is not known",
    });
    expect(bad.client.connection.state).toMatchObject({ status: "closed", error: { code: "UNAUTHORIZED" } });
    expect([...new Set(tokens)]).toEqual(["good", "bad"]);
    expect(tokens.filter((token) => token === "bad")).toHaveLength(1);
  });

  test("a server that accepts and then says nothing is given up and tried again", async () => {
    const frozen = createTcpServer((socket) => socket.on("error", () => undefined).resume());
    frozen.listen(0, "127.0.0.1");
    await once(frozen, "listening");
    const { port } = frozen.address() as AddressInfo;
    await using client = createClient({
      url: `http://127.0.0.1:${port}`,
      ...QUICK,
      silenceMs: 100,
      callTimeoutMs: 60_000,
    });
    const asking = client.runs.get(RUN);
    await reach(client, (state) => state.status === "reconnecting" && state.attempt === 2);
    frozen.close();
    await once(frozen, "close");
    await using server = await startScriptedServer({}, port);
    server.append(RUN, ...LOG);
    expect(await asking).toEqual(fold(LOG));
  });

  test("many watches and calls at once warn of nothing, and share a socket where there is one", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    // So much at once keeps a busy machine for longer than the other tests allow.
    await using pair = await start(undefined, { ...QUICK, silenceMs: 10_000, callTimeoutMs: 20_000 });
    pair.server.append(RUN, ...LOG);
    const watches = Array.from({ length: 30 }, () => collect(pair.client.runs.watch(RUN)));
    const calls = Array.from({ length: 30 }, () => pair.client.runs.get(RUN));
    for (const seen of await Promise.all(watches)) expectPartition(seen, 1, LOG.length);
    await Promise.all(calls);
    expect(pair.server.sockets.size).toBe(transport === "sse" ? 0 : 1);
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });
});

describe("the connection over a WebSocket", () => {
  const start = (script?: Script) => startPair(script, { ...PATIENCE, transport: "websocket" });

  test("opens on first use, tells each change, and lets go when idle", async () => {
    await using pair = await start();
    pair.server.append(RUN, ...LOG);
    const states: string[] = [];
    pair.client.connection.subscribe(() => states.push(pair.client.connection.state.status));
    expect(pair.client.connection.state).toEqual({ status: "idle" });
    await pair.client.runs.get(RUN);
    expect(states).toEqual(["connecting", "open"]);
    await expect.poll(() => states.at(-1), { timeout: 5_000 }).toBe("idle");
    await pair.client.runs.get(RUN);
    expect(pair.server.accepted).toBe(2);
  });

  test("moves over to a new socket when the server asks, without a moment of being lost", async () => {
    await using pair = await start();
    const { server, client } = pair;
    server.append(RUN, ...LOG.slice(0, 3));
    const seen: RunEvent[] = [];
    const states = new Set<string>();
    for await (const event of client.runs.watch(RUN)) {
      seen.push(event);
      if (seen.length !== 3) continue;
      client.connection.subscribe(() => states.add(client.connection.state.status));
      server.askToReconnect();
      await expect.poll(() => server.accepted).toBe(2);
      await expect.poll(() => server.sockets.size).toBe(1);
      server.append(RUN, ...LOG.slice(3));
    }
    expectPartition(seen, 1, LOG.length);
    expect([...states]).toEqual([]);
  });

  test.each([
    [4401, "UNAUTHORIZED"],
    [4403, "FORBIDDEN"],
  ])("a close with %i ends every watch and call as %s", async (code, expected) => {
    await using pair = await start({ start: () => silence().next() as Promise<never> });
    pair.server.append(RUN, ...LOG.slice(0, 3));
    const iterator = pair.client.runs.watch(RUN)[Symbol.asyncIterator]();
    for (let seq = 1; seq <= 3; seq++) await iterator.next();
    const ends = Promise.allSettled([iterator.next(), pair.client.runs.start({ task: "build it" })]);
    await expect.poll(() => pair.server.watching).toBe(1);
    for (const socket of pair.server.sockets) socket.close(code);
    for (const settled of await ends) expect(settled).toMatchObject({ status: "rejected", reason: { code: expected } });
    expect(pair.client.connection.state).toMatchObject({ status: "closed", error: { code: expected } });
    await expect(pair.client.server.info()).rejects.toMatchObject({ code: expected });
    expect(pair.server.accepted).toBe(1);
  });
});
