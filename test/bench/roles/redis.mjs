// A Redis of the benchmark's own, as the documents say that one should be set up.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort, reachable } from "../ports.mjs";
import { serveRole } from "../role.mjs";

const dir = await mkdtemp(join(tmpdir(), "stagewire-bench-redis-"));
let child;
let client;

serveRole({
  /** `undefined` where there is no redis-server. */
  async listen() {
    const port = await freePort();
    const settings = ["--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""];
    child = spawn("redis-server", ["--port", String(port), "--dir", dir, ...settings], { stdio: "ignore" });
    const missing = new Promise((resolve) => child.once("error", () => resolve(true)));
    const answers = (async () => {
      while (!(await reachable(port))) await delay(20);
      return false;
    })();
    if (await Promise.race([missing, answers])) return undefined;
    client = new Redis(port);
    return `redis://127.0.0.1:${port}`;
  },
  /** Connections besides the one that asks, and µs of its one core so far. */
  async facts() {
    const info = await client.info();
    const of = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]);
    const cpuUs = (of("used_cpu_user_main_thread") + of("used_cpu_sys_main_thread")) * 1e6;
    return { connections: of("connected_clients") - 1, cpuUs };
  },
  async exit() {
    client?.disconnect();
    child?.kill("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  },
});
