/** A run with tRPC's own client and nothing of stagewire but the router's type: `node plain-trpc.js "a URL shortener"`. */
import type { AppRouter } from "@stagewire/server";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { WebSocket } from "ws";

const [task = "a URL shortener"] = process.argv.slice(2);
const url = process.env["STAGEWIRE_URL"] ?? "http://127.0.0.1:4400";

const socket = createWSClient({
  url: `${url.replace("http", "ws")}/trpc`,
  // Node 22 and browsers have one of their own.
  WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
  // Without chance in it, all clients of a server that restarts would come back in the same moment.
  retryDelayMs: (attempt) => Math.random() * Math.min(10_000, 250 * 2 ** attempt),
  // Finds out that a server hangs, though its socket is open.
  keepAlive: { enabled: true },
});
const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket })] });

const { runId } = await trpc.runs.start.mutate({ task, idempotencyKey: crypto.randomUUID() });

// After a drop, tRPC's client subscribes again from the last cursor by itself: each frame carries one.
trpc.runs.events.subscribe(
  { runId },
  {
    onData({ data: events }) {
      for (const event of events) {
        if (event.type === "stage_start") {
          console.log(`# ${event.stage} ${event.iteration}, attempt ${event.attempt}`);
          if (event.stage === "refinement" && event.iteration === 2) void skipTheRest();
        }
        if (event.type === "stage_complete") console.log(`  ${event.outcome}`);
        if (event.type === "run_complete") console.log(`${event.outcome}\n${event.output ?? ""}`);
      }
    },
    onError(error) {
      console.error(error.message);
      process.exitCode = 1;
      void socket.close();
    },
    onComplete: () => void socket.close(),
  },
);

async function skipTheRest(): Promise<void> {
  const command = { type: "skip", target: "remaining", when: "now" } as const;
  const ack = await trpc.runs.control.mutate({ commandId: crypto.randomUUID(), runId, command });
  console.log(`  skip: ${ack.outcome}`);
}
