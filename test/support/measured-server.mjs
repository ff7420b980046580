// A server in a process of its own that tells what it holds. Started by `fork` with --expose-gc.
import { setImmediate } from "node:timers/promises";
import { createServer } from "@stagewire/server";

const server = await createServer(JSON.parse(process.argv[2] ?? "{}"));
process.on("message", () => void tell());
process.send?.({ url: server.url });

async function tell() {
  // What one collection frees may hold on to more: buffers are given back by tasks that it queues.
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) {
    // One that waits for this very turn of the event loop, as the wait above: it is gone with it.
    if (kind !== "Immediate") resources[kind] = (resources[kind] ?? 0) + 1;
  }
  process.send?.({ bytes: heapUsed + external, rss, resources });
}
