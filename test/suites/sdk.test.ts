import { once } from "node:events";
import { createClient, type RunEvent, StagewireError } from "@stagewire/client";
import { describe, expect, test } from "vitest";
import type { Script } from "../support/scripted-server.js";
import {
  collect,
  cursorAt,
  expectPartition,
  fold,
  LOG,
  QUICK as PATIENCE,
  RUN,
  send,
  seqOf,
  silence,
  start as startPair,
  TRANSPORTS,
} from "../support/sdk-pair.js";

describe.each(TRANSPORTS)("watching by %s", (transport) => {
  const QUICK = { ...PATIENCE, transport };
  const start = (script?: Script) => startPair(script, QUICK);

  test("sees the whole run and ends after run_complete", async () => {
    await using pair = await start();
    pair.server.append(RUN, ...LOG);
    const seen = await collect(pair.client.runs.watch(RUN));
    expectPartition(seen, 1, LOG.length);
    expect(fold(seen)).toEqual(fold(LOG));
    await expect.poll(() => pair.server.watching).toBe(0);
  });

  test("sockets destroyed at random moments lose nothing and repeat nothing", async () => {
    await using pair = await start();
    const { server, client } = pair;
    server.append(RUN, ...LOG.slice(0, 1));
    const seen: RunEvent[] = [];
    let next = 1;
    // Over HTTP it takes more to be there again.
    const rarely = transport === "auto" ? 1 : 3;
    for await (const event of client.runs.watch(RUN)) {
      seen.push(event);
      if (event.seq % (3 * rarely) === 1) server.drop();
      if (event.seq % (5 * rarely) === 1) setImmediate(() => server.drop());
      server.append(RUN, ...LOG.slice(next, ++next));
    }
    expectPartition(seen, 1, LOG.length);
    expect(fold(seen)).toEqual(fold(LOG));
    expect(server.accepted).toBeGreaterThan(LOG.length / 3 / rarely);
  });

  test("goes on from a stored cursor in another client", async () => {
    await using pair = await start();
    const { server, client } = pair;
    server.append(RUN, ...LOG.slice(0, 20));
    let cursor = "";
    const first: RunEvent[] = [];
    for await (const event of client.runs.watch(RUN, { onCursor: (at) => (cursor = at) })) {
      if (event.seq === 20) server.append(RUN, ...LOG.slice(20));
      // The second batch has begun: it is not behind the stored cursor, so it comes again.
      if (cursor) break;
      first.push(event);
    }
    expect(cursor).toBe(cursorAt(20));
    await using second = createClient({ url: pair.server.url, ...QUICK });
    const rest = await collect(second.runs.watch(RUN, { cursor }));
    expectPartition([...first, ...rest], 1, LOG.length);
    expect(fold([...first, ...rest])).toEqual(fold(LOG));
  });

  test("a cursor at the end of a closed run ends at once", async () => {
    await using pair = await start();
    pair.server.append(RUN, ...LOG);
    expect(await collect(pair.client.runs.watch(RUN, { cursor: cursorAt(LOG.length) }))).toEqual([]);
  });

  test("a question whether the run is over that is never answered is asked again", { timeout: 5_000 }, async () => {
    await using pair = await start({ get: (nth) => (nth === 1 ? new Promise(() => {}) : Promise.resolve()) });
    pair.server.append(RUN, ...LOG);
    expect(await collect(pair.client.runs.watch(RUN, { cursor: cursorAt(LOG.length) }))).toEqual([]);
  });

  test("a subscription that the server ends is taken up again", async () => {
    await using pair = await start({
      events: ({ lastEventId }) => send([LOG.slice(seqOf(lastEventId), seqOf(lastEventId) + 7)]),
    });
    pair.server.append(RUN, ...LOG.slice(0, -1));
    expect(await collect(pair.client.runs.watch(RUN))).toEqual(LOG);
  });

  test("asks again for what is missing", async () => {
    await using pair = await start({
      events: (_, nth) => (nth === 1 ? send([LOG.slice(0, 5), LOG.slice(8, 12)]) : undefined),
    });
    pair.server.append(RUN, ...LOG);
    const seen = await collect(pair.client.runs.watch(RUN));
    expect(seen.slice(0, 5)).toEqual(LOG.slice(0, 5));
    expectPartition(seen, 1, LOG.length);
  });

  test("gives up a server that leaves out the same events every time", async () => {
    await using pair = await start({
      events: ({ lastEventId }) => send(lastEventId ? [LOG.slice(8, 12)] : [LOG.slice(0, 5), LOG.slice(8, 12)]),
    });
    await expect(collect(pair.client.runs.watch(RUN))).rejects.toMatchObject({
      code: "PROTOCOL_VIOLATION",
      message: expect.stringContaining("left out events after 1-5") as unknown,
    });
  });

  test("a slow reader is no queue: its subscription stops, and goes on from the cursor", async () => {
    const log = [...Array.from({ length: 40 }, (_, index) => bigToken(index)), complete(41)];
    let subscriptions = 0;
    await using pair = await start({
      events({ lastEventId }, nth) {
        subscriptions = nth;
        return send(log.slice(seqOf(lastEventId)).map((event) => [event]));
      },
    });
    const seen: RunEvent[] = [];
    for await (const event of pair.client.runs.watch(RUN)) {
      seen.push(event);
      // The reader stands still until the client has stopped the subscription by itself.
      if (seen.length === 1) await expect.poll(() => pair.server.watching).toBe(0);
    }
    expect(seen).toEqual(log);
    expect(subscriptions).toBeGreaterThan(1);
  });

  test("a run that is silent on a living server is asked for again, and the connection stays", async () => {
    // Long enough for a busy machine to answer a ping in half of it.
    await using pair = await startPair(
      { events: (_, nth, signal) => (nth === 1 ? silence(signal) : undefined) },
      { ...QUICK, silenceMs: 3_000 },
    );
    pair.server.append(RUN, ...LOG);
    const states: string[] = [];
    pair.client.connection.subscribe(() => states.push(pair.client.connection.state.status));
    expectPartition(await collect(pair.client.runs.watch(RUN)), 1, LOG.length);
    expect(states).toEqual(["connecting", "open"]);
  });

  test.each(["break", "return()", "signal", "close()"])("%s releases the subscription and the socket", async (how) => {
    await using pair = await start();
    pair.server.append(RUN, ...LOG.slice(0, 3));
    const controller = new AbortController();
    const iterator = pair.client.runs.watch(RUN, { signal: controller.signal })[Symbol.asyncIterator]();
    for (let seq = 1; seq <= 3; seq++) await iterator.next();
    const waiting = iterator.next();
    await expect.poll(() => pair.server.watching).toBe(1);
    if (how === "signal") controller.abort();
    else if (how === "close()") await pair.client.close();
    else await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await expect.poll(() => pair.server.watching).toBe(0);
    if (transport === "auto") await expect.poll(() => pair.server.sockets.size, { timeout: 5_000 }).toBe(0);
  });

  test("detail: stages has no tokens, no gaps and the same end", async () => {
    await using pair = await start();
    pair.server.append(RUN, ...LOG);
    const seen = await collect(pair.client.runs.watch(RUN, { detail: "stages" }));
    expect(seen.filter((event) => event.type === "token")).toEqual([]);
    expectPartition(seen, 1, LOG.length);
    expect(await pair.client.runs.open(RUN).finished()).toEqual(fold(seen));
  });

  test.each([
    ["RUN_NOT_FOUND", "there is no run nowhere", { runId: "nowhere" }],
    ["CURSOR_UNRECOVERABLE", "1-999 is no position of run", { runId: RUN, cursor: "1-999" }],
  ])(
    "%s is thrown with the server's words",
    async (code, words, { runId, ...options }: { runId: string; cursor?: string }) => {
      await using pair = await start();
      pair.server.append(RUN, ...LOG.slice(0, 3));
      const error = await collect(pair.client.runs.watch(runId, options)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StagewireError);
      expect(error).toMatchObject({ code, message: expect.stringMatching(new RegExp(`^${words}`)) as unknown });
    },
  );
});

describe.each(TRANSPORTS)("the feed by %s", (transport) => {
  const start = (script?: Script) => startPair(script, { ...PATIENCE, transport });

  test("goes on from its own cursor over drops", async () => {
    const from: (string | undefined)[] = [];
    await using pair = await start({
      async *feed(cursor, nth, signal) {
        from.push(cursor);
        yield [
          `0-${nth}`,
          [{ runId: `run${nth}`, status: "running", title: "", pipeline: "build", createdAt: nth, updatedAt: nth }],
        ];
        await once(signal, "abort");
      },
    });
    const seen: string[] = [];
    for await (const { runId } of pair.client.runs.feed()) {
      seen.push(runId);
      if (seen.length === 3) break;
      pair.server.drop();
    }
    expect(seen).toEqual(["run1", "run2", "run3"]);
    expect(from).toEqual([undefined, "0-1", "0-2"]);
  });
});

function bigToken(index: number): RunEvent {
  const text = "x".repeat(100_000);
  const at = { stage: "architecture", iteration: 0, attempt: 1, channel: "output" as const };
  return { type: "token", runId: RUN, seq: index + 1, at: index, ...at, offset: index * text.length, text };
}

function complete(seq: number): RunEvent {
  const usage = { promptTokens: 0, completionTokens: 0, estimated: false };
  return { type: "run_complete", runId: RUN, seq, at: seq, outcome: "completed", usage, durationMs: 1 };
}
