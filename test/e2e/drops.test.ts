import { compact, type RunEvent } from "@stagewire/shared";
import { openSqliteLog } from "@stagewire/server";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkLog } from "../support/check-log.js";
import { approvingReview, streamAnswers } from "../support/answers.js";
import { rawWatch } from "../support/raw-watch.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

const WATCHERS = 10;
const DROPS = 200;

test(`a watcher that is dropped at ${DROPS} random moments of a run, and others that are dropped less, see exactly the log`, async () => {
  await using folder = await temporaryFolder();
  await using model = await startScriptedModel();
  const server = await startServerProcess({
    data: folder.path,
    port: await freePort(),
    env: { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "test" },
  });
  await using client = plainClient(server.url);
  streamAnswers(model, { tokens: 500, everyMs: 3, review: (round) => approvingReview(round === 3) });
  const { runId } = await client.trpc.runs.start.mutate({ task: "a URL shortener" });

  const random = fc.sample(fc.nat(1_000_000), { numRuns: DROPS * 200, seed: fc.readConfigureGlobal()?.seed ?? 1 });
  const dice = () => random.pop() ?? 0;
  const drops = Array.from({ length: WATCHERS }, () => 0);
  /** Breaks off again and again: right after connecting, after a frame, or in the middle of nothing. */
  const watchWithDrops = async (_: unknown, watcher: number): Promise<RunEvent[]> => {
    const seen: RunEvent[] = [];
    for (let cursor: string | undefined; ;) {
      // The first one hardly ever gets to a second frame.
      let frames = watcher === 0 ? Math.floor((dice() % 10) / 9) : dice() % 4;
      const watch = rawWatch(server.url, runId, cursor, (self) => {
        if (frames-- === 0) self.destroy();
      });
      const timer = dice() % 3 === 0 ? setTimeout(() => watch.destroy(), dice() % 60) : undefined;
      const over = await watch.over;
      clearTimeout(timer);
      seen.push(...watch.events);
      cursor = watch.cursor;
      if (over) return seen;
      drops[watcher] = (drops[watcher] ?? 0) + 1;
    }
  };
  const seen = await Promise.all(Array.from({ length: WATCHERS }, watchWithDrops));
  const view = await client.trpc.runs.get.query({ runId });
  expect(view.status).toBe("completed");
  expect(drops[0]).toBeGreaterThanOrEqual(DROPS);

  await server.kill();
  await using log = await openSqliteLog({ dir: folder.path });
  const truth = (await log.read(runId, { after: 0 })).flatMap((entry) => entry.events);
  for (const events of seen) {
    expect(checkLog(events)).toEqual(view);
    expect(compact(events)).toEqual(compact(truth));
  }
  console.log(`${drops.join(", ")} drops of ${WATCHERS} watchers of ${truth.length} events`);
});
