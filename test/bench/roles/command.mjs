// The measured server as people start it: the command itself, `stagewire serve`, in this process.
import { setImmediate, setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { freePort, reachable } from "../ports.mjs";
import { serveRole } from "../role.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

serveRole({
  /** Runs `stagewire serve` with these options. */
  async listen({ options }) {
    const port = await freePort();
    process.argv.push("serve", "--quiet", "--port", String(port), ...options);
    await import("../../../client/cli/bin/stagewire.mjs");
    while (!(await reachable(port))) await delay(20);
    return { url: `ws://127.0.0.1:${port}/trpc` };
  },
  /** Bytes that it holds after everything that can be freed was freed, and of its whole process. */
  async held() {
    // What one collection frees may hold on to more: buffers are given back by tasks that it queues.
    for (let round = 0; round < 4; round++) {
      gc();
      await setImmediate();
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    return { bytes: heapUsed + external, rss };
  },
});
