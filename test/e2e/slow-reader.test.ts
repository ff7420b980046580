import { expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { checkLog } from "../support/check-log.js";
import { type RawWatch, rawWatch } from "../support/raw-watch.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startMeasuredServer } from "../support/measured-server.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

const MiB = 1_048_576;
/** Text of one answer: far more than any socket buffers. */
const ANSWER = 16 * MiB;
/** As many at a time, so that the noise of one measurement does not count. */
const STALLED = 16;

test("a reader that stops reading for the length of a run costs at most 2 MiB, and no other watcher notices", async () => {
  await using folder = await temporaryFolder();
  await using model = await startScriptedModel();
  await using server = await startMeasuredServer({ data: folder.path, openaiBaseUrl: model.baseUrl });
  await using client = plainClient(server.url);

  /** One run to its end with so many stalled readers; gives what the server held in the middle of it. */
  const runWith = async (stalledReaders: number): Promise<number> => {
    const { runId } = await client.trpc.runs.start.mutate({ task: "a lot of text" });
    const call = await model.next();
    const reader = rawWatch(server.url, runId);
    const stalled = Array.from({ length: stalledReaders }, () => rawWatch(server.url, runId, undefined, pauseAtOnce));
    const piece = "0123456789abcdef".repeat(4_096);
    // Paced by the healthy watcher: what it has seen, the stalled ones could have had.
    for (let sent = 0; sent < ANSWER;) {
      call.write(piece);
      sent += piece.length;
      await reader.until(() => textLength(reader.events) >= sent);
    }
    const held = (await server.held()).bytes;

    const rest = (async () => {
      for (const stage of ["implementation", "review", "documentation"]) {
        const next = await model.next();
        next.write(isReview(next) ? approvingReview(true) : stage);
        next.end();
      }
    })();
    call.end();
    await rest;
    expect(await reader.over).toBe(true);
    const view = checkLog(reader.events);
    for (const watch of stalled) watch.resume();
    for (const watch of stalled) {
      expect(await watch.over).toBe(true);
      expect(checkLog(watch.events)).toEqual(view);
    }
    return held;
  };

  const alone = await runWith(0);
  const together = await runWith(STALLED);
  const each = (together - alone) / STALLED;
  console.log(`${(each / MiB).toFixed(2)} MiB a stalled reader`);
  expect(each).toBeLessThanOrEqual(2 * MiB);
}, 60_000);

function pauseAtOnce(watch: RawWatch): void {
  if (!stopped.has(watch)) watch.pause();
  stopped.add(watch);
}
const stopped = new WeakSet<RawWatch>();

function textLength(events: RawWatch["events"]): number {
  return events.reduce((sum, event) => sum + (event.type === "token" ? event.text.length : 0), 0);
}
