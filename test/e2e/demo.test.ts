import type { RunEvent } from "@stagewire/shared";
import { expect, test } from "vitest";
import { checkLog } from "../support/check-log.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

// The bounds are what issue 2 promises of the demo model; they are wide against what was measured.
test("the demo model: an event at once, a token within a second, a whole run in 30 to 90 s, never 2 s of silence", async () => {
  await using folder = await temporaryFolder();
  await using server = await startServerProcess({ data: folder.path, port: await freePort() });
  await using client = plainClient(server.url);
  expect(await client.trpc.server.info.query()).toMatchObject({ model: { kind: "demo" } });

  const startedAt = Date.now();
  const { runId } = await client.trpc.runs.start.mutate({ task: "a URL shortener" });
  const watch = client.watch(runId);
  await watch.ended;
  const view = checkLog(watch.events);
  expect(view.status).toBe("completed");
  expect(view.steps.length).toBeGreaterThanOrEqual(7);
  expect(view.steps.length).toBeLessThanOrEqual(9);
  expect(view.output).toMatch(/canned/i);

  const [first] = watch.events;
  const token = watch.events.find((event) => event.type === "token");
  expect((first?.at ?? Infinity) - startedAt).toBeLessThanOrEqual(50);
  expect((token?.at ?? Infinity) - startedAt).toBeLessThanOrEqual(1_000);
  expect(view.durationMs).toBeGreaterThanOrEqual(30_000);
  expect(view.durationMs).toBeLessThanOrEqual(90_000);
  expect(longestSilence(watch.events)).toBeLessThan(2_000);
}, 120_000);

function longestSilence(events: readonly RunEvent[]): number {
  return Math.max(...events.slice(1).map((event, index) => event.at - (events[index]?.at ?? event.at)));
}
