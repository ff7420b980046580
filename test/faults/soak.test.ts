import fc from "fast-check";
import { expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { checkLog } from "../support/check-log.js";
import { type Held, startMeasuredServer } from "../support/measured-server.js";
import { rawWatch } from "../support/raw-watch.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

/** The long one: `STAGEWIRE_SOAK_RUNS=2000 npm test -- test/faults/soak.test.ts`. */
const RUNS = Number(process.env["STAGEWIRE_SOAK_RUNS"] ?? 300);
/** After so many runs everything that is made once was made. */
const WARM = Math.min(200, RUNS / 3);
const AT_A_TIME = 10;

test(`${RUNS} runs with watchers that come and go leave nothing behind`, async () => {
  await using folder = await temporaryFolder();
  await using model = await startScriptedModel();
  model.answer((call) => (isReview(call) ? approvingReview(true) : `Answer ${call.number}. `.repeat(200)));
  await using server = await startMeasuredServer({ data: folder.path, openaiBaseUrl: model.baseUrl });
  const dice = fc.sample(fc.nat(5), { numRuns: RUNS * 4, seed: fc.readConfigureGlobal()?.seed ?? 1 });

  const idle = await server.held();

  let left = 0;
  const one = async () => {
    await using client = plainClient(server.url);
    const { runId } = await client.trpc.runs.start.mutate({ task: "soak" });
    const staying = rawWatch(server.url, runId);
    // Watchers that leave early, each in its own way.
    for (let count = dice.pop() ?? 0; count > 0; count--) {
      const leave = count % 2 === 0 ? "close" : "destroy";
      rawWatch(server.url, runId, undefined, (self) => self[leave]());
    }
    if ((dice.pop() ?? 1) === 0) await client.control(runId, { type: "cancel", when: "now" });
    expect(await staying.over).toBe(true);
    checkLog(staying.events);
  };
  const worker = async () => {
    while (left-- > 0) await one();
  };
  const batch = async (runs: number): Promise<Held> => {
    left = runs;
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    // Sockets that are closed go with the next turns: then it holds what it held before the first run, and no more.
    await expect.poll(async () => (await server.held()).resources, { timeout: 30_000 }).toEqual(idle.resources);
    return server.held();
  };

  const warm = await batch(WARM);
  const end = await batch(RUNS - WARM);
  const MiB = (bytes: number) => (bytes / 1_048_576).toFixed(1);
  console.log(
    `after ${WARM} runs ${MiB(warm.rss)} MiB (heap ${MiB(warm.bytes)}), after ${RUNS} ${MiB(end.rss)} MiB (heap ${MiB(end.bytes)}), ` +
      `files ${warm.files} and ${end.files}, resources ${JSON.stringify(end.resources)}`,
  );
  // Idle connections to the model's server are kept for the next call, at most as many as ran at a time.
  expect(end.files).toBeLessThanOrEqual(warm.files + AT_A_TIME);
  expect(end.rss).toBeLessThanOrEqual(warm.rss * 1.2);
}, 900_000);
