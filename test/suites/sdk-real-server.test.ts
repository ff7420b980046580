import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ClientOptions, createClient, type Cursor, reduce, type RunEvent, type RunView } from "@stagewire/client";
import { describe, expect, test } from "vitest";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { type ModelCall, type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { TRANSPORTS } from "../support/sdk-pair.js";
import { startServer, temporaryFolder } from "../support/start-server.js";

const PATIENCE: Partial<ClientOptions> = { silenceMs: 5_000, maxRetryDelayMs: 100, callTimeoutMs: 15_000 };
const TEXT = Array.from({ length: 150 }, (_, index) => `${index} é👩‍💻\n`);

describe.each(TRANSPORTS)("the sdk on the real server, by %s", (transport) => {
  const QUICK = { ...PATIENCE, transport };

  test("connections cut at random moments: the log, the whole log, and once", async () => {
    await using world = await startWorld({ pieceMs: 4 });
    await using proxy = await startCuttingProxy(world.server.url);
    await using client = createClient({ url: proxy.url, ...QUICK });
    const run = await client.runs.start({ task: "build it", options: { maxRefinements: 1 } });
    expect(run.created).toBe(true);

    const seen: RunEvent[] = [];
    for await (const event of run.watch()) {
      seen.push(event);
      if (seen.length % 3 === 1) proxy.cut();
      if (seen.length % 5 === 2) setImmediate(() => proxy.cut());
    }
    expectPartition(seen);
    expect(fold(seen)).toEqual(await run.get());
    expect(seen.at(-1)).toMatchObject({ type: "run_complete", outcome: "completed" });
    for (const event of seen) if (event.type === "stage_complete") expect(event.output).toBe(TEXT.join(""));
    expect(proxy.accepted).toBeGreaterThan(20);
    expect(await run.finished()).toEqual(await run.get());
  });

  test("a cursor goes on in another client where the first one stopped", async () => {
    await using world = await startWorld();
    await using client = createClient({ url: world.server.url, ...QUICK });
    const run = await client.runs.start({ task: "build it", options: { maxRefinements: 0 } });
    let cursor: Cursor | undefined;
    const seen: RunEvent[] = [];
    for await (const event of run.watch({ onCursor: (at) => (cursor = at) })) {
      seen.push(event);
      if (cursor !== undefined && event.type === "token" && event.offset > 100) break;
    }
    await using other = createClient({ url: world.server.url, ...QUICK });
    const stored = seen.filter(({ seq }) => seq <= Number(cursor?.split("-")[1]));
    for await (const event of other.runs.watch(run.runId, { ...(cursor && { cursor }) })) stored.push(event);
    expectPartition(stored);
    expect(fold(stored)).toEqual(await run.get());
  });

  test("cancel and skip are acknowledged where the log has them", async () => {
    await using world = await startWorld({ endless: /refin/i });
    await using client = createClient({ url: world.server.url, ...QUICK });
    // The gate keeps the run where the first command finds it, however fast its model is.
    const options = { maxRefinements: 2, gates: ["implementation"] };
    const run = await client.runs.start({ task: "build it", options });
    const acks: { seq?: number }[] = [];
    const seen: RunEvent[] = [];
    for await (const event of run.watch()) {
      seen.push(event);
      if (event.type === "stage_start" && event.stage === "architecture") {
        expect(await run.skip()).toMatchObject({ outcome: "rejected", reason: "not_refining" });
      }
      if (event.type === "progress" && event.phase === "paused") await run.resume();
      if (event.type !== "token" || event.stage !== "refinement" || event.offset > 0) continue;
      acks.push(event.iteration === 1 ? await run.skip() : await run.cancel({ reason: "enough" }));
    }
    expect(acks).toMatchObject([{ outcome: "applied" }, { outcome: "applied" }]);
    for (const { seq } of acks) {
      expect(seen.find((event) => (event.from ?? event.seq) <= (seq ?? 0) && (seq ?? 0) <= event.seq)).toMatchObject({
        type: "control",
        seq,
      });
    }
    expect(seen.at(-1)).toMatchObject({ type: "run_complete", outcome: "cancelled" });
    expect(await run.finished()).toEqual(await run.get());
    expect(await run.cancel()).toMatchObject({ outcome: "rejected", reason: "run_closed" });
  });

  test("errors come with their code and with words that help", async () => {
    await using world = await startWorld();
    await using client = createClient({ url: world.server.url, ...QUICK });
    await expect(client.runs.get("nowhere")).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
      message: expect.stringMatching(/^(?!RUN_NOT_FOUND).*nowhere/) as unknown,
    });
    await expect(client.runs.open("nowhere").finished()).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    await expect(client.runs.start({ task: "" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(client.runs.start({ task: "x".repeat(200_000) })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(client.runs.start({ task: "x".repeat(2_000_000) })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("larger than the server takes") as unknown,
    });
    await expect(client.runs.start({ task: "x", pipeline: "none" })).rejects.toMatchObject({
      code: "PIPELINE_NOT_FOUND",
    });
    const run = await client.runs.start({ task: "build it", options: { maxRefinements: 0 } });
    for (const cursor of ["nonsense", "1-999999"]) {
      const first = run.watch({ cursor })[Symbol.asyncIterator]().next();
      await expect(first).rejects.toMatchObject({ code: "CURSOR_UNRECOVERABLE" });
    }
  });

  test("one key starts one run; list, feed, pipelines and info answer", async () => {
    await using world = await startWorld();
    await using client = createClient({ url: world.server.url, ...QUICK });
    const input = { task: "build it", idempotencyKey: "the same" };
    const [first, second] = [await client.runs.start(input), await client.runs.start(input)];
    expect([first.created, second.created]).toEqual([true, false]);
    expect(second.runId).toBe(first.runId);
    expect((await client.runs.list()).runs).toMatchObject([{ runId: first.runId }]);
    expect(await client.pipelines.list()).toMatchObject([{ id: "build" }]);
    expect(await client.server.info()).toMatchObject({ name: "stagewire", protocol: 1 });
    for await (const summary of client.runs.feed()) {
      expect(summary.runId).toBe(first.runId);
      if (summary.status === "completed") break;
    }
  });

  test("a server that is stopped and started again: the watch goes on by itself", async () => {
    await using folder = await temporaryFolder();
    await using world = await startWorld({ data: folder.path });
    await using client = createClient({ url: world.server.url, ...QUICK });
    const run = await client.runs.start({ task: "build it", options: { maxRefinements: 0 } });
    const seen: RunEvent[] = [];
    let second: AsyncDisposable | undefined;
    for await (const event of run.watch()) {
      seen.push(event);
      if (second || event.type !== "token" || event.stage !== "implementation") continue;
      await world.server.close();
      second = await startServer({
        data: folder.path,
        port: world.server.port,
        openaiBaseUrl: world.model.baseUrl,
        model: "m",
      });
    }
    expectPartition(seen);
    expect(seen.at(-1)).toMatchObject({ outcome: "completed" });
    expect(fold(seen)).toEqual(await run.get());
    await second?.[Symbol.asyncDispose]();
  });

  test("a frozen server is noticed, and the watch goes on when it thaws", async () => {
    await using model = await startScriptedModel();
    void play(model, /./);
    await using folder = await temporaryFolder();
    await using child = await startChild({
      port: 0,
      data: folder.path,
      openaiBaseUrl: model.baseUrl,
      model: "m",
      logLevel: "silent",
    });
    await using client = createClient({ url: child.url, ...QUICK, silenceMs: 1_000 });
    const run = await client.runs.start({ task: "build it" });
    const statuses = new Set<string>();
    client.connection.subscribe(() => statuses.add(client.connection.state.status));
    const seen: RunEvent[] = [];
    for await (const event of run.watch()) {
      seen.push(event);
      if (event.type !== "token" || seen.some(({ type }) => type === "control")) continue;
      if (!statuses.has("reconnecting")) {
        child.process.kill("SIGSTOP");
        await expect.poll(() => [...statuses], { timeout: 20_000 }).toContain("reconnecting");
        child.process.kill("SIGCONT");
        expect(await run.cancel()).toMatchObject({ outcome: "applied" });
      }
    }
    expectPartition(seen);
    expect(seen.at(-1)).toMatchObject({ outcome: "cancelled" });
  });

  test.each(["close()", "nothing"])("after %s the process of a client ends by itself", async (how) => {
    await using world = await startWorld();
    const code = `
      import { createClient } from "@stagewire/client";
      const client = createClient({ url: ${JSON.stringify(world.server.url)}, transport: "${transport}" });
      const run = await client.runs.start({ task: "build it" });
      for await (const event of run.watch()) break;
      ${how === "close()" ? "await client.close();" : ""}`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [exit] = (await once(child, "exit")) as [number];
    expect(exit).toBe(0);
  });
});

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function startWorld({ endless, data, pieceMs }: { endless?: RegExp; data?: string; pieceMs?: number } = {}) {
  const model = await startScriptedModel();
  void play(model, endless, pieceMs);
  const server = await startServer({ openaiBaseUrl: model.baseUrl, model: "m", ...(data !== undefined && { data }) });
  return {
    model,
    server,
    async [Symbol.asyncDispose]() {
      await server.close();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** Streams the same text to every call; one whose instructions match `endless` is not brought to an end. */
async function play(model: ScriptedModel, endless?: RegExp, pieceMs = 0): Promise<void> {
  for (;;) void stream(await model.next(), endless, pieceMs);
}

async function stream(call: ModelCall, endless: RegExp | undefined, pieceMs: number): Promise<void> {
  for (const piece of TEXT) {
    call.write(piece);
    await pause(pieceMs);
  }
  if (!endless?.test(call.system)) call.end();
}

interface ChildServer extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly url: string;
}

async function startChild(options: object): Promise<ChildServer> {
  const code = `
    import { createServer } from "@stagewire/server";
    const server = await createServer(${JSON.stringify(options)});
    process.send(server.url);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [url] = (await once(child, "message")) as [string];
  return {
    process: child,
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

const fold = (events: readonly RunEvent[]) => events.reduce<RunView | undefined>(reduce, undefined);

/** Without a gap and without repetition from the first event to the last. */
function expectPartition(events: readonly RunEvent[]): void {
  let next = 1;
  for (const event of events) {
    expect(event.from ?? event.seq).toBe(next);
    next = event.seq + 1;
  }
}
