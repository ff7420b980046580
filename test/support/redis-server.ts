import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "./server-process.js";

/** Why this machine can't start a Redis, if it can't. */
export const NO_REDIS =
  spawnSync("redis-server", ["--version"]).status === 0 ? undefined : "no redis-server on the PATH";

/** ` (skipped: …)` for the name of a test that needs one, where there is none. */
export const REDIS_SKIP = NO_REDIS === undefined ? "" : ` (skipped: ${NO_REDIS})`;

/** A Redis of the test's own, on a free port, in a folder that goes with it. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** A client for what the test looks at or breaks. */
  readonly client: Redis;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** On the same port and folder. */
  restart(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** With an append-only file that is synced with every write, unless `args` say otherwise. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), "stagewire-redis-"));
  const port = await freePort();
  let child = await start(port, dir, args);
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { lazyConnect: true });
  client.on("error", () => {});
  /** One after the other: two at once would leave one that nobody ends. */
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (act: () => Promise<void>): Promise<void> => {
    const mine = turn.then(act);
    turn = mine.catch(() => {});
    return mine;
  };
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  return {
    url,
    port,
    client,
    kill: () => inTurn(end),
    signal: (signal) => void child.kill(signal),
    restart: () =>
      inTurn(async () => {
        await end();
        child = await start(port, dir, args);
      }),
    async [Symbol.asyncDispose]() {
      client.disconnect();
      await inTurn(end);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves once it answers, be it that it wants a password. */
async function start(port: number, dir: string, args: readonly string[]): Promise<ChildProcess> {
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  const own = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--daemonize", "no"];
  const child = spawn("redis-server", [...own, ...durable, ...args], { stdio: "ignore" });
  for (;;) {
    const answer = await ask(port);
    if (/^(\+PONG|-NOAUTH)/.test(answer)) return child;
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    await delay(20);
  }
}

/** What it says to a PING; nothing where it does not listen yet. */
function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setEncoding("utf8").once("data", (text: string) => {
      socket.destroy();
      resolve(text);
    });
    socket.once("error", () => resolve(""));
  });
}
