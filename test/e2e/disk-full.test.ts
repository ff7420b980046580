import { join } from "node:path";
import { createClient } from "@stagewire/client";
import { isClosed, type RunEvent } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { checkLog, fold } from "../support/check-log.js";
import { answerOf, is, isEnd, isToken, of, reach, verdict } from "../support/scene.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { mountTinyDisk, NO_TINY_DISK, TINY_DISK_SKIP } from "../support/tiny-disk.js";
import { plainClient } from "../support/trpc.js";

const isFull = is("error", { code: "LOG_UNAVAILABLE" });
const clear = /LOG_UNAVAILABLE: The disk .* is full.*free some room/;

/** A model, and a server on a disk of its own. */
async function openHouse() {
  const disk = mountTinyDisk(24);
  const model = await startScriptedModel();
  const options = {
    data: join(disk.dir, "data"),
    port: await freePort(),
    env: {
      OPENAI_BASE_URL: model.baseUrl,
      STAGEWIRE_MODEL: "test",
      STAGEWIRE_MAX_CONCURRENT_RUNS: "1",
      STAGEWIRE_LOG_LEVEL: "warn",
    },
  };
  return {
    disk,
    model,
    start: () => startServerProcess(options),
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await disk[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(NO_TINY_DISK !== undefined)(`the disk is full in the middle of a run${TINY_DISK_SKIP}`, () => {
  test("every watcher is told and keeps what it saw; requests say why; with room it goes on by itself", async () => {
    await using house = await openHouse();
    const { disk, model } = house;
    await using server = await house.start();
    await using client = plainClient(server.url);
    await using sdk = createClient({ url: server.url });
    const { runId } = await client.trpc.runs.start.mutate({ task: "build it" });
    const seen = client.watch(runId);
    const bySdk = (async () => {
      const events: RunEvent[] = [];
      for await (const event of sdk.runs.watch(runId)) events.push(event);
      return events;
    })();
    const call = await reach(model, "implementation");
    // It waits for the only place: what holds for a run that works holds for one that waits.
    const queued = await client.trpc.runs.start.mutate({ task: "another" });
    const second = client.watch(queued.runId);
    await second.until(is("progress", { phase: "queued" }));
    call.write("half of ");
    await seen.until((event) => isToken(event) && "stage" in event && event.stage === "implementation");

    disk.fill();
    call.write("the code");
    const told = await seen.until(isFull);
    expect(told).toMatchObject({ retryable: true, fatal: false, message: expect.stringMatching(/free some room/) });
    await seen.until((event) => is("progress", { phase: "paused" })(event) && event.seq === told.seq + 1);
    await call.closed;
    await second.until(isFull);
    await second.until(is("progress", { phase: "paused" }));

    const view = await client.trpc.runs.get.query({ runId });
    expect(view).toMatchObject({ status: "paused", seq: told.seq + 1 });
    expect(view.errors.at(-1)).toMatchObject({ code: "LOG_UNAVAILABLE" });
    expect(fold(seen.events)).toEqual(view);
    const late = client.watch(runId);
    await late.until(isFull);
    await late.until(is("progress", { phase: "paused" }));
    expect(checkLog(late.events)).toEqual(view);
    late.stop();
    expect((await client.trpc.runs.list.query()).runs).toHaveLength(2);
    await expect(client.trpc.runs.start.mutate({ task: "one more" })).rejects.toThrow(clear);
    await expect(client.control(runId, { type: "cancel", when: "now" })).rejects.toThrow(clear);
    await expect(client.control(queued.runId, { type: "pause" }, "later")).rejects.toThrow(clear);

    model.answer((next) => (answerOf(next).includes("json") ? verdict(true) : `answer ${next.number}`));
    disk.free();
    const again = await seen.until(is("stage_start", { cause: "recovered" }));
    expect(again).toMatchObject({ stage: "implementation", attempt: 2 });
    for (const recording of [seen, second]) {
      expect(await recording.until(isEnd)).toMatchObject({ outcome: "completed" });
    }
    // The command that was refused is not in the log: sent again, it is a new one.
    expect(await client.control(queued.runId, { type: "pause" }, "later")).toMatchObject({ reason: "run_closed" });
    const end = await client.trpc.runs.get.query({ runId });
    expect(isClosed(end)).toBe(true);
    expect(checkLog(seen.events)).toEqual(end);
    expect(checkLog(await bySdk)).toEqual(end);
    expect(checkLog(second.events)).toEqual(await client.trpc.runs.get.query({ runId: queued.runId }));
    // Said once, and not once a second for each run.
    expect(of(seen.events, "error")).toHaveLength(1);
    const lines = server.log.split("\n").filter(Boolean);
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      expect.stringContaining("disk of the run log is full"),
      expect.stringContaining("no longer waiting for room"),
    ]);
  });

  test("kill -9 meanwhile: the next server reads what there is, and goes on when there is room", async () => {
    await using house = await openHouse();
    const { disk, model } = house;
    const first = await house.start();
    const before = plainClient(first.url);
    const { runId } = await before.trpc.runs.start.mutate({ task: "build it" });
    const call = await reach(model, "architecture");
    const seen = before.watch(runId);
    call.write("half of ");
    await seen.until(isToken);
    disk.fill();
    call.write("it");
    const { seq } = await seen.until(isFull);
    await seen.until((event) => event.seq === seq + 1);
    await before[Symbol.asyncDispose]();
    await first.kill();

    await using server = await house.start();
    await using client = plainClient(server.url);
    // Something else takes what is left of the reserve.
    disk.fill();
    const resumed = client.watch(runId, { lastEventId: seen.cursors.at(-1) ?? "" });
    const whole = client.watch(runId);
    await whole.until(isFull);
    // Files that were there already may have room for a little more.
    const start = () => client.trpc.runs.start.mutate({ task: "one more" }).then(() => "started", String);
    await expect.poll(start, { timeout: 20_000 }).toMatch(clear);
    model.answer((next) => (answerOf(next).includes("json") ? verdict(true) : `answer ${next.number}`));
    disk.free();
    await Promise.all([resumed.ended, whole.ended]);
    const view = await client.trpc.runs.get.query({ runId });
    expect(view).toMatchObject({ status: "completed" });
    expect(checkLog([...seen.events, ...resumed.events])).toEqual(view);
    expect(checkLog(whole.events)).toEqual(view);
  });
});
