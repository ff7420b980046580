import {
  type ClientOptions,
  type ConnectionState,
  createClient,
  type RunEvent,
  StagewireError,
} from "@stagewire/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, type Passage } from "../../client/sdk/src/connection/open.js";
import { resolveOptions } from "../../client/sdk/src/options.js";
import { startBlockingProxy, type Upgrades } from "../support/blocking-proxy.js";
import { type ScriptedServer, startScriptedServer } from "../support/scripted-server.js";
import {
  collect,
  cursorAt,
  expectPartition,
  fold,
  freePort,
  LOG,
  QUICK,
  reach,
  RUN,
  seqOf,
} from "../support/sdk-pair.js";

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
  server.append(RUN, ...LOG);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Patient with a busy machine: here a slow socket would be taken for a blocked one. */
const PATIENT: Partial<ClientOptions> = { ...QUICK, silenceMs: 10_000, callTimeoutMs: 15_000 };

const isOpen = ({ status }: ConnectionState) => status === "open";

describe("where WebSockets are blocked", () => {
  test.each<[Upgrades, string]>([
    [502, "is blocked here (the upgrade was answered 502)"],
    [403, "is blocked here (the upgrade was answered 403)"],
    [404, "is blocked here (the upgrade was answered 404)"],
    ["destroy", "is blocked here (it could not be opened)"],
    ["swallow", "gets no answer here (nothing came back on it within 2 s)"],
    ["mute", "gets no answer here (nothing came back on it within 2 s)"],
  ])("an upgrade that meets %s: the client goes on over HTTP and says so", async (upgrades, why) => {
    await using proxy = await startBlockingProxy(server.url, upgrades);
    await using client = createClient({ url: proxy.url, ...PATIENT });
    const statuses: string[] = [];
    client.connection.subscribe(() => statuses.push(client.connection.state.status));
    const seen: RunEvent[] = [];
    for await (const event of client.runs.watch(RUN)) {
      if (seen.length === 0)
        expect(client.connection.state).toMatchObject({
          status: "open",
          transport: "sse",
          reason: `WebSocket ${why}: streaming over HTTP instead`,
        });
      seen.push(event);
    }
    expectPartition(seen, 1, LOG.length);
    expect(await client.runs.get(RUN)).toEqual(fold(LOG));
    expect(await client.runs.open(RUN).cancel()).toMatchObject({ outcome: "applied" });
    expect(statuses).toEqual(["connecting", "open"]);
  });

  test("in the middle of a run, once: without a gap, and no WebSocket is tried with every drop", async () => {
    await using live = await startScriptedServer();
    await using proxy = await startBlockingProxy(live.url, "pass");
    await using client = createClient({ url: proxy.url, ...PATIENT });
    live.append(RUN, ...LOG.slice(0, 1));
    const transports = new Set<string>();
    const seen: RunEvent[] = [];
    let next = 1;
    for await (const event of client.runs.watch(RUN)) {
      const { state } = client.connection;
      if (state.status === "open") transports.add(state.transport);
      seen.push(event);
      if (event.seq === 10) {
        proxy.upgrades = 502;
        proxy.cutSockets();
      }
      if (event.seq > 10 && event.seq % 10 === 0) live.drop();
      live.append(RUN, ...LOG.slice(next, ++next));
    }
    expectPartition(seen, 1, LOG.length);
    expect(fold(seen)).toEqual(fold(LOG));
    expect([...transports]).toEqual(["websocket", "sse"]);
    expect(proxy.asked).toBe(3);
  });

  test("a token never stands in an address, and one that is refused is refused over HTTP too", async () => {
    const tokens: (string | undefined)[] = [];
    await using guarded = await startScriptedServer({
      admit(token) {
        tokens.push(token);
        if (token !== "s3cret") throw new StagewireError("UNAUTHORIZED", "this token is not known");
      },
    });
    guarded.append(RUN, ...LOG);
    await using proxy = await startBlockingProxy(guarded.url, 502);
    await using client = createClient({ url: proxy.url, ...PATIENT, token: "s3cret" });
    expectPartition(await collect(client.runs.watch(RUN)), 1, LOG.length);
    expect(proxy.requests.length).toBeGreaterThan(0);
    expect(proxy.requests.filter((line) => line.includes("s3cret"))).toEqual([]);
    await using stranger = createClient({ url: proxy.url, ...PATIENT, token: "other" });
    await expect(stranger.runs.get(RUN)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(stranger.connection.state).toMatchObject({ status: "closed", error: { code: "UNAUTHORIZED" } });
    expect([...new Set(tokens)]).toEqual(["s3cret", "other"]);
  });

  test("a failure of the server ends a subscription once; it is asked again from the cursor, by the client alone", async () => {
    const from: number[] = [];
    await using failing = await startScriptedServer({
      async *events({ lastEventId }, nth) {
        from.push(seqOf(lastEventId));
        if (nth > 3) throw new StagewireError("INTERNAL", "the disk is gone");
        yield [cursorAt(nth * 5), LOG.slice(nth * 5 - 5, nth * 5)];
        throw new StagewireError("LOG_UNAVAILABLE", "come again");
      },
    });
    await using client = createClient({ url: failing.url, ...PATIENT, transport: "sse" });
    const seen: RunEvent[] = [];
    const watching = (async () => {
      for await (const event of client.runs.watch(RUN)) seen.push(event);
    })();
    await expect(watching).rejects.toMatchObject({ code: "INTERNAL" });
    expect(seen).toEqual(LOG.slice(0, 15));
    expect(from).toEqual([0, 5, 10, 15]);
  });

  test("a proxy that lets WebSockets through again is found out by the next client, not by one that streams", async () => {
    await using proxy = await startBlockingProxy(server.url, 502);
    await using first = createClient({ url: proxy.url, ...PATIENT });
    await first.runs.get(RUN);
    proxy.upgrades = "pass";
    await first.runs.get(RUN);
    expect(first.connection.state).toMatchObject({ transport: "sse" });
    await using second = createClient({ url: proxy.url, ...PATIENT });
    await second.runs.get(RUN);
    expect(second.connection.state).toMatchObject({ status: "open", transport: "websocket" });
    expect(second.connection.state).not.toHaveProperty("reason");
  });
});

describe("a WebSocket that was found blocked more than a minute ago", () => {
  test.each<[Upgrades, "sse" | "websocket"]>([
    [502, "sse"],
    ["pass", "websocket"],
  ])("is tried once with the next session, where upgrades meet %s", async (upgrades, transport) => {
    await using proxy = await startBlockingProxy(server.url, upgrades);
    const found = { at: Date.now() - 61_000, reason: "found before" };
    const passage: Passage = { blocked: found };
    const open = {
      options: resolveOptions({ url: proxy.url, ...PATIENT }),
      passage,
      events: { onConfirmed() {}, onLost() {} },
    };
    const opening = await openSession(open, new AbortController().signal);
    if (!("session" in opening)) throw new Error("nothing was opened");
    expect(opening.session.transport).toBe(transport);
    opening.session.end("goodbye");
    expect(proxy.asked).toBe(1);
    if (transport === "websocket") expect(passage).toEqual({ failed: false });
    else expect(passage.blocked?.at).toBeGreaterThan(found.at + 60_000);
  });
});

describe("what is no blocked WebSocket", () => {
  test("a server that is down behind its proxy, and comes up: the socket is waited for", async () => {
    await using proxy = await startBlockingProxy(server.url, "pass");
    proxy.down = 502;
    await using client = createClient({ url: proxy.url, ...PATIENT });
    const watching = collect(client.runs.watch(RUN));
    await reach(client, (state) => state.status === "reconnecting" && state.attempt === 4);
    proxy.down = undefined;
    await reach(client, isOpen);
    expect(client.connection.state).toMatchObject({ transport: "websocket" });
    expectPartition(await watching, 1, LOG.length);
  });

  test("a server that goes down between the two tries, and comes up again", async () => {
    await using proxy = await startBlockingProxy(server.url, 502);
    await using client = createClient({ url: proxy.url, ...PATIENT });
    proxy.onUpgrade = (nth) => {
      if (nth !== 2) return;
      proxy.down = 502;
      proxy.upgrades = "pass";
    };
    const answer = client.runs.get(RUN);
    await reach(client, ({ status }) => status === "reconnecting");
    expect(proxy.asked).toBe(2);
    proxy.down = undefined;
    await answer;
    expect(client.connection.state).toMatchObject({ status: "open", transport: "websocket" });
  });

  test("a server that comes up just between the two tries", async () => {
    await using proxy = await startBlockingProxy(server.url, 502);
    await using client = createClient({ url: proxy.url, ...PATIENT });
    proxy.onUpgrade = (nth) => {
      if (nth === 2) proxy.upgrades = "pass";
    };
    await client.runs.get(RUN);
    expect(client.connection.state).toMatchObject({ status: "open", transport: "websocket" });
    expect(proxy.asked).toBe(2);
  });

  test("nothing that listens: the client keeps on trying, and says nothing of blocked WebSockets", async () => {
    await using port = await freePort();
    await using client = createClient({ url: `http://127.0.0.1:${port.number}`, ...PATIENT });
    const states: ConnectionState[] = [];
    client.connection.subscribe(() => states.push(client.connection.state));
    const watching = collect(client.runs.watch(RUN));
    await reach(client, (state) => state.status === "reconnecting" && state.attempt === 4);
    expect(states.filter(isOpen)).toEqual([]);
    await client.close();
    expect(await watching).toEqual([]);
  });

  test("a page that is not the server's, in the way of everything", async () => {
    await using proxy = await startBlockingProxy(server.url, 502);
    proxy.down = 200;
    await using client = createClient({ url: proxy.url, ...PATIENT, callTimeoutMs: 300 });
    await expect(client.runs.get(RUN)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(client.connection.state.status).not.toBe("open");
  });

  test.each<Partial<ClientOptions>>([{ transport: "websocket" }, { transport: "sse" }])(
    "who says %o gets that and nothing else",
    async (chosen) => {
      await using proxy = await startBlockingProxy(server.url, 502);
      await using client = createClient({ url: proxy.url, ...PATIENT, ...chosen, callTimeoutMs: 500 });
      const answer = client.runs.get(RUN);
      if (chosen.transport === "sse") {
        await answer;
        expect(proxy.asked).toBe(0);
        expect(client.connection.state).toMatchObject({ status: "open", transport: "sse" });
        expect(client.connection.state).not.toHaveProperty("reason");
      } else {
        await expect(answer).rejects.toMatchObject({
          code: "SERVER_UNREACHABLE",
          message: expect.stringContaining("HTTP 502") as unknown,
        });
        expect(proxy.requests).toEqual([]);
      }
    },
  );
});
