import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "@stagewire/client";
import type { RunEvent } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { checkLog, tokensOf } from "../support/check-log.js";
import { DOORS } from "../support/doors/index.js";
import { parseAllDocuments } from "yaml";
import { readDocument } from "../support/documents.js";
import { nginx, type Nginx, type Passed, startNginx, startNginxWith } from "../support/nginx.js";
import { answerOf, isEnd, placeOf, verdict } from "../support/scene.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startServer } from "../support/start-server.js";

/** nginx's own for `proxy_read_timeout`: so long nothing may come before it drops a connection. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** How long the model says nothing at a time: half as long again. */
const SILENCE_MS = 90_000;
/** With a number, the run takes so many minutes, behind an nginx with its default timeouts. */
const MINUTES = Number(process.env["STAGEWIRE_NGINX_MINUTES"] ?? 0);
/** Otherwise all of it in a tenth of the time, nginx's timeout too: 9 s of silence where 6 s are the limit. */
const SCALE = MINUTES > 0 ? 1 : 10;

const LIMIT = SCALE === 1 ? "nginx's default timeouts" : "an nginx with a tenth of its timeout";

/** What one watcher saw. */
interface Watched {
  readonly door: string;
  readonly events: readonly RunEvent[];
  /** The longest time in which nothing came, in ms. */
  readonly quietMs: number;
}

/** Every door's own client, the SDK on a WebSocket and over SSE, all through nginx. */
async function watchAll(url: string, runId: string): Promise<Watched[]> {
  const doors = DOORS.map(async (door): Promise<Watched> => {
    await using client = await door.connect(url);
    const watch = client.watch(runId);
    const quiet = stopwatch();
    for (let seen = 0, last: RunEvent | undefined; !last || !isEnd(last); seen = watch.events.length) {
      const after = seen;
      await watch.until(() => watch.events.length > after);
      last = watch.events.at(-1);
      quiet.lap();
    }
    return { door: door.name, events: watch.events, quietMs: quiet.longest };
  });
  const sdks = (["websocket", "sse"] as const).map(async (transport): Promise<Watched> => {
    await using client = createClient({ url, transport });
    const events: RunEvent[] = [];
    const quiet = stopwatch();
    for await (const event of client.runs.watch(runId)) {
      events.push(event);
      quiet.lap();
    }
    return { door: `SDK, ${transport}`, events, quietMs: quiet.longest };
  });
  return await Promise.all([...doors, ...sdks]);
}

function stopwatch() {
  let at = performance.now();
  return {
    longest: 0,
    lap() {
      this.longest = Math.max(this.longest, performance.now() - at);
      at = performance.now();
    },
  };
}

/** A run whose steps begin with these silences, in ms, watched by everyone through an nginx with the lines `also`. */
async function watchSilentRun(silences: readonly number[], also: string) {
  await using model = await startScriptedModel();
  await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "silent" });
  await using proxy = await startNginx(server.url, also);
  const { runId } = await server.engine.start({ task: "build it" });
  const watching = watchAll(proxy.url, runId);
  for (const silence of silences) {
    const call = await model.next();
    await delay(silence);
    call.write(placeOf(call).startsWith("review") ? verdict(true) : answerOf(call));
    call.end();
  }
  model.answer((call) => (placeOf(call).startsWith("review") ? verdict(true) : answerOf(call)));
  const watched = await watching;
  const passed = await proxy.stop();
  return { watched, passed, view: await server.engine.get(runId) };
}

/** Connections that carried events, calls left out. */
function streams(passed: readonly Passed[]): Passed[] {
  return passed.filter(({ path, status }) => status === 101 || path.endsWith("/events") || path.endsWith(".events"));
}

describe.skipIf(nginx === undefined)("behind nginx", () => {
  test(
    `a run with silences of ${SILENCE_MS / SCALE / 1_000} s is watched through every door, nobody is cut off by ${LIMIT}`,
    async () => {
      const total = MINUTES > 0 ? MINUTES * 60_000 : 19_000;
      const silences: number[] = [];
      for (let left = total; left > 0; left -= SILENCE_MS / SCALE) silences.push(Math.min(left, SILENCE_MS / SCALE));
      const also = SCALE === 1 ? "" : `proxy_read_timeout ${DEFAULT_TIMEOUT_MS / SCALE}ms;`;
      const begun = performance.now();
      const { watched, passed, view } = await watchSilentRun(silences, also);
      expect(view.status).toBe("completed");
      for (const { door, events, quietMs } of watched) {
        expect({ door, view: checkLog(events) }).toEqual({ door, view });
        expect({ door, quiet: quietMs < DEFAULT_TIMEOUT_MS / SCALE }).toEqual({ door, quiet: true });
      }
      // By nginx's own account each watcher had one stream to the end: of one that was cut, no part is so long.
      const carried = streams(passed);
      const whole = carried.filter(({ seconds }) => seconds * 1_000 > total - DEFAULT_TIMEOUT_MS / SCALE / 2);
      expect(whole, JSON.stringify(carried)).toHaveLength(watched.length);
      if (MINUTES <= 0) return;
      console.log(`run of ${Math.round((performance.now() - begun) / 1_000)} s, silences ${silences.join(", ")} ms`);
      console.table(
        watched.map(({ door, events, quietMs }) => ({ door, events: events.length, quietMs: Math.round(quietMs) })),
      );
      console.table(carried.map(({ path, status, seconds }) => ({ path, status, seconds })));
    },
    (MINUTES + 2) * 60_000,
  );

  test("one that drops what is quiet for 0.7 s drops every stream, and nobody notices", async () => {
    // Signs of life come every second: each watcher is cut off in between, again and again.
    const { watched, passed, view } = await watchSilentRun([5_000], "proxy_read_timeout 700ms;");
    expect(view.status).toBe("completed");
    for (const { door, events } of watched) expect({ door, view: checkLog(events) }).toEqual({ door, view });
    expect(streams(passed).length).toBeGreaterThan(watched.length * 2);
  }, 60_000);

  test("with its defaults, text comes while the model still writes; a page of its own address gets in, others don't", async () => {
    await using model = await startScriptedModel();
    await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "m" });
    await using proxy: Nginx = await startNginx(server.url);
    const clients = await Promise.all(DOORS.map((door) => door.connect(proxy.url)));
    const { runId } = await server.engine.start({ task: "build it" });
    const watches = clients.map((client) => client.watch(runId));
    const call = await model.next();
    for (const text of ["one ", "two "]) {
      call.write(text);
      // The model waits for the reader: what nginx kept back would never come.
      await Promise.all(watches.map((watch) => watch.until((event) => event.type === "token" && event.text === text)));
    }
    call.end();
    model.answer((next) => (placeOf(next).startsWith("review") ? verdict(true) : answerOf(next)));
    await Promise.all(watches.map((watch) => watch.ended));
    for (const watch of watches) expect(tokensOf(watch.events).get("architecture#0")).toBe("one two ");
    for (const [origin, admitted] of [
      [proxy.url, true],
      ["http://elsewhere.example", false],
    ] as const) {
      const socket = new WebSocket(`${proxy.url.replace("http", "ws")}/trpc`, { origin });
      const opened = await new Promise((resolve) => {
        socket.once("open", () => resolve(true));
        socket.once("error", () => resolve(false));
      });
      expect({ origin, opened }).toEqual({ origin, opened: admitted });
      socket.terminate();
    }
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  });

  describe("the examples in deploy/", () => {
    const manifests = parseAllDocuments(readDocument("deploy/kubernetes.yaml")) as { toJS(): unknown }[];
    const sidecar = manifests
      .map((document) => document.toJS() as { data?: Record<string, string> })
      .flatMap(({ data }) => data?.["default.conf"] ?? [])
      .join("");
    test.each([
      ["nginx.conf", readDocument("deploy/nginx.conf")],
      ["kubernetes.yaml", sidecar],
    ])("%s asks for a password, passes every door on, and tells without one how the server is", async (_, conf) => {
      await using one = await startServer();
      await using other = await startServer();
      const { host } = new URL(one.url);
      await using proxy = await startNginxWith(
        ({ listen, htpasswd }) =>
          conf
            .replace("listen 8080;", `listen ${listen};`)
            .replace(/(?<=auth_basic_user_file )[^;]+/, htpasswd)
            .replaceAll("127.0.0.1:4402", new URL(other.url).host)
            .replaceAll(/127\.0\.0\.1:440[01]/g, host),
        "operator:{PLAIN}a-password\n",
      );
      const statusOf = async (path: string, headers = {}) => (await fetch(`${proxy.url}${path}`, { headers })).status;
      const authorization = `Basic ${Buffer.from("operator:a-password").toString("base64")}`;
      for (const path of ["/", "/api/runs", "/trpc/server.info", "/socket.io/?EIO=4&transport=polling"]) {
        expect({ path, status: await statusOf(path) }).toEqual({ path, status: 401 });
      }
      expect(await statusOf("/api/runs", { authorization })).toBe(200);
      expect(await statusOf("/socket.io/?EIO=4&transport=polling", { authorization })).toBe(200);
      expect(await Promise.all([statusOf("/healthz"), statusOf("/readyz")])).toEqual([200, 200]);
      const opened = async (headers: Record<string, string>) => {
        const socket = new WebSocket(`${proxy.url.replace("http", "ws")}/trpc`, { headers });
        const result = await new Promise((resolve) => {
          socket.once("open", () => resolve(true));
          socket.once("error", () => resolve(false));
        });
        socket.terminate();
        return result;
      };
      expect([await opened({}), await opened({ authorization })]).toEqual([false, true]);
    });
  });
});
