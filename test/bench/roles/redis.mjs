// A Redis of the benchmark's own, as the documents say that one should be set up.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { serveRole } from "../role.mjs";

const dir = await mkdtemp(join(tmpdir(), "stagewire-bench-redis-"));
let child;

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
    return (await Promise.race([missing, answers])) ? undefined : `redis://127.0.0.1:${port}`;
  },
  async exit() {
    child?.kill("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  },
});

function reachable(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.end());
  });
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
