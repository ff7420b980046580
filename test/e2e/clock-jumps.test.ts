import { join } from "node:path";
import type { ProgressEvent, RunEvent } from "@stagewire/shared";
import { expect, test } from "vitest";
import { checkLog } from "../support/check-log.js";
import { createJumpingClock } from "../support/jumping-clock.js";
import { answerOf, is, isEnd, isToken, of, reach, verdict } from "../support/scene.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

const HOUR = 3_600_000;
/** Far longer than any of these runs takes, far shorter than a jump. */
const SHORT = 10 * 60_000;

/** A server whose clock can be set, and a model. */
async function openHouse(env: Record<string, string> = {}) {
  const folder = await temporaryFolder();
  const model = await startScriptedModel();
  const clock = createJumpingClock(join(folder.path, "clock"));
  const options = {
    data: join(folder.path, "data"),
    port: await freePort(),
    env: { ...clock.env, OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "test", ...env },
  };
  return {
    model,
    clock,
    start: () => startServerProcess(options),
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** No duration that was told is longer than it can have been, and none went back. */
function checkDurations(events: readonly RunEvent[]): void {
  const told = of(events, "progress");
  const elapsed = told.map(({ elapsedMs }) => elapsedMs);
  expect(elapsed).toEqual(elapsed.toSorted((a, b) => a - b));
  const all = [
    ...told.flatMap(({ elapsedMs, stageElapsedMs, etaMs }) => [elapsedMs, stageElapsedMs ?? 0, etaMs ?? 0]),
    ...of(events, "stage_complete").map(({ durationMs }) => durationMs),
    ...of(events, "run_complete").map(({ durationMs }) => durationMs),
  ];
  for (const ms of all) expect(ms).toBeLessThan(SHORT);
  for (const { fraction = 0, tokensPerSecond = 0 } of told) {
    expect(fraction).toBeLessThanOrEqual(1);
    expect(tokensPerSecond).toBeLessThan(10_000);
  }
}

test("the server's clock is set, ahead and back: durations, waits and the time left stay what they are", async () => {
  await using house = await openHouse();
  const { model, clock } = house;
  await using server = await house.start();
  await using client = plainClient(server.url);
  const { runId } = await client.trpc.runs.start.mutate({ task: "build it" });
  const seen = client.watch(runId);
  const told = (phase: ProgressEvent["phase"]) => {
    const { length } = seen.events;
    return seen.until((event) => seen.events.indexOf(event) >= length && is("progress", { phase })(event));
  };

  const first = await reach(model, "architecture");
  await told("waiting");
  clock.set(5 * HOUR, server);
  await seen.until(({ at }) => at - (seen.events[0]?.at ?? 0) > 4 * HOUR);
  await told("waiting");
  first.write("so ");
  await seen.until(isToken);
  clock.set(-5 * HOUR, server);
  await told("streaming");
  first.end();

  // While a retry waits.
  const second = await reach(model, "implementation");
  second.refuse(500, "down");
  await seen.until(is("progress", { phase: "retrying" }));
  clock.set(-20 * HOUR, server);
  const third = await model.next();
  clock.set(20 * HOUR, server);
  third.refuse(429, "later", { "retry-after": "1" });
  const fourth = await model.next();
  fourth.write(answerOf(fourth));
  fourth.end();
  model.answer(() => verdict(true));
  expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
  checkDurations(seen.events);
  const view = await client.trpc.runs.get.query({ runId });
  expect(checkLog(seen.events)).toEqual(view);
  const { runs } = await client.trpc.runs.list.query();
  expect(runs[0]?.elapsedMs).toBeLessThan(SHORT);
});

test("a run goes on after a restart with the time that it had, though the clock was set before", async () => {
  await using house = await openHouse();
  const { model, clock } = house;
  const before = await house.start();
  const one = plainClient(before.url);
  const { runId } = await one.trpc.runs.start.mutate({ task: "build it" });
  const seen = one.watch(runId);
  await reach(model, "architecture");
  clock.set(30 * HOUR, before);
  const jumped = await seen.until(({ at }) => at - (seen.events[0]?.at ?? 0) > HOUR);
  await seen.until((event) => is("progress")(event) && event.seq > jumped.seq);
  await one[Symbol.asyncDispose]();
  await before.kill();

  await using after = await house.start();
  await using client = plainClient(after.url);
  model.answer(() => verdict(true));
  const whole = client.watch(runId);
  expect(await whole.until(isEnd)).toMatchObject({ outcome: "completed" });
  checkDurations([...seen.events, ...whole.events.filter(({ seq }) => seq > (seen.events.at(-1)?.seq ?? 0))]);
});

test("a clock that is set ahead deletes no runs", async () => {
  await using house = await openHouse({ STAGEWIRE_RETENTION_DAYS: "1" });
  const { model, clock } = house;
  await using server = await house.start();
  await using client = plainClient(server.url);
  model.answer(() => verdict(true));
  const { runId } = await client.trpc.runs.start.mutate({ task: "build it" });
  await client.watch(runId).until(isEnd);
  clock.set(100 * 24 * HOUR, server);
  // The server's own word that its clock is set.
  const startedAt = async () => {
    const later = await client.trpc.runs.start.mutate({ task: "build it" });
    return (await client.trpc.runs.get.query({ runId: later.runId })).createdAt;
  };
  await expect.poll(startedAt).toBeGreaterThan(Date.now() + 99 * 24 * HOUR);
  expect(await client.trpc.server.usage.query()).toMatchObject({ due: { runs: 0 } });
  expect(await client.trpc.runs.get.query({ runId })).toMatchObject({ status: "completed" });
});
