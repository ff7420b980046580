import { createServer, definePipeline } from "@stagewire/server";
import { describe, expect, test } from "vitest";
import { openHouse } from "../support/house.js";
import {
  answerOf,
  endings,
  expectContinuity,
  fold,
  is,
  isEnd,
  isToken,
  of,
  placesOf,
  promptOf,
  reach,
  verdict,
} from "../support/scene.js";

describe("a server that comes back", () => {
  test("goes on with the running stage as a higher attempt, and asks no finished one again", async () => {
    await using house = await openHouse();
    const before = await house.restart();
    const runId = await before.start();
    const seen = before.client.watch(runId);
    const cut = await reach(house.model, "refinement", 1);
    cut.write("half an answer");
    await seen.until((event) => isToken(event) && event.type === "token" && event.stage === "refinement");
    const calls = house.model.calls.length;

    const after = await house.restart();
    await cut.closed;
    const again = await house.model.next();
    expect(placesOf(house.model).slice(calls)).toEqual(["refinement 1"]);
    expect(promptOf(again)).toBe(promptOf(cut));
    const whole = after.client.watch(runId);
    const resumed = after.client.watch(runId, { lastEventId: seen.cursors.at(-1) ?? "" });
    expect(await whole.until(is("stage_start", { cause: "recovered" }))).toMatchObject({
      stage: "refinement",
      iteration: 1,
      attempt: 2,
    });
    again.write("a whole answer");
    again.end();
    house.model.answer(answerOf);
    await Promise.all([whole.ended, resumed.ended]);

    expect(placesOf(house.model)).toEqual([
      "architecture 0",
      "implementation 0",
      "review 0",
      "refinement 1",
      "refinement 1",
      "review 1",
      "refinement 2",
      "review 2",
      "refinement 3",
      "review 3",
      "documentation 0",
    ]);
    expectContinuity(whole.events);
    expectContinuity([...seen.events, ...resumed.events]);
    const view = await after.client.trpc.runs.get.query({ runId });
    expect(fold(whole.events)).toEqual(view);
    expect(fold([...seen.events, ...resumed.events])).toEqual(view);
    expect(view.steps.find(({ stage }) => stage === "refinement")).toMatchObject({
      attempt: 2,
      output: "a whole answer",
    });
    expect(of(whole.events, "stage_start").filter(({ attempt }) => attempt > 1)).toHaveLength(1);
  });

  test("holds to commands that were given before", async () => {
    await using house = await openHouse();
    const before = await house.restart();
    const runId = await before.start();
    await reach(house.model, "implementation");
    await before.client.control(runId, { type: "guide", text: "be brief" });
    const skip = await before.client.control(runId, { type: "skip", target: "remaining", when: "now" }, "skip-it");
    expect(skip.outcome).toBe("scheduled");

    const after = await house.restart();
    expect(await after.client.control(runId, { type: "skip", target: "remaining", when: "now" }, "skip-it")).toEqual(
      skip,
    );
    (await house.model.next()).end();
    const review = await house.model.next();
    expect(promptOf(review)).toContain("be brief");
    review.write(verdict(false, "slow"));
    review.end();
    house.model.answer(answerOf);
    await after.client.watch(runId).until(isEnd);
    expect(placesOf(house.model).slice(-2)).toEqual(["review 0", "documentation 0"]);
  });

  test("holds to a cancel after the stage, and to a skipped iteration", async () => {
    await using house = await openHouse();
    const before = await house.restart();
    const runId = await before.start();
    await reach(house.model, "refinement", 1);
    await before.client.control(runId, { type: "skip", target: "iteration", when: "now" });
    await house.model.next();
    await before.client.control(runId, { type: "cancel", when: "after_stage" });

    const after = await house.restart();
    const call = await house.model.next();
    expect(placesOf(house.model).at(-1)).toBe("refinement 2");
    call.end();
    const seen = after.client.watch(runId);
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "cancelled" });
    expect(endings(seen.events).slice(3)).toEqual(["refinement 1 skipped", "refinement 2 completed"]);
  });

  test("takes up queued, paused and retrying runs as they were", async () => {
    await using house = await openHouse({ maxConcurrentRuns: 2 });
    const before = await house.restart();
    const retrying = await before.start("retrying");
    const first = await house.model.next();
    const paused = await before.start("paused");
    const second = await house.model.next();
    await before.client.control(paused, { type: "pause" });
    second.write("done");
    second.end();
    await before.client.watch(paused).until(is("progress", { phase: "paused" }));
    first.refuse(500, "down", { "retry-after": "60" });
    await before.client.watch(retrying).until(is("progress", { phase: "retrying" }));
    const running = await before.start("running");
    await house.model.next();
    const queued = await before.start("queued");
    await before.client.watch(queued).until(is("progress", { phase: "queued" }));
    expect(house.model.calls).toHaveLength(3);

    const after = await house.restart();
    const [one, two] = [await house.model.next(), await house.model.next()];
    expect([promptOf(one), promptOf(two)].map((prompt) => /<task>\n(\w+)/.exec(prompt)?.[1])).toEqual(
      expect.arrayContaining(["retrying", "running"]),
    );
    const retry = await after.client.watch(retrying).until(is("stage_start", { attempt: 2 }));
    expect(retry).toMatchObject({ cause: "retry" });
    expect(await after.client.watch(running).until(is("stage_start", { attempt: 2 }))).toMatchObject({
      cause: "recovered",
    });
    const third = after.client.watch(queued);
    await third.until(is("progress", { phase: "queued", queuePosition: 1 }));
    expect(of(third.events, "stage_start")).toEqual([]);
    expect(await after.client.trpc.runs.get.query({ runId: paused })).toMatchObject({ paused: true });

    await after.client.control(paused, { type: "resume" });
    house.model.answer(() => verdict(true));
    for (const call of [one, two]) {
      call.write("text");
      call.end();
    }
    for (const runId of [retrying, paused, running, queued]) {
      expect(await after.client.watch(runId).until(isEnd)).toMatchObject({ outcome: "completed" });
    }
  });

  test("ends a run whose pipeline is gone, and says why", async () => {
    await using house = await openHouse();
    const pipeline = definePipeline({
      id: "mine",
      title: "Mine",
      stages: [{ id: "say", title: "Say", prompt: ({ task }) => [{ role: "user", content: task }] }],
    });
    const before = await house.restart({ pipelines: [pipeline] });
    const { runId } = await before.client.trpc.runs.start.mutate({ task: "hello", pipeline: "mine" });
    await house.model.next();
    const after = await house.restart();
    const seen = after.client.watch(runId);
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });
    expect(of(seen.events, "error")[0]).toMatchObject({
      code: "PIPELINE_NOT_FOUND",
      fatal: true,
      message: expect.stringContaining('"mine"') as string,
    });
    expect(house.model.calls).toHaveLength(1);
  });
});

test("closed runs stay as they are", async () => {
  await using house = await openHouse();
  const before = await house.restart();
  house.model.answer(() => verdict(true));
  const runId = await before.start();
  await before.client.watch(runId).until(isEnd);
  const view = await before.client.trpc.runs.get.query({ runId });
  const after = await house.restart();
  expect(await after.client.trpc.runs.get.query({ runId })).toEqual(view);
  expect(await after.client.control(runId, { type: "pause" })).toMatchObject({
    outcome: "rejected",
    reason: "run_closed",
  });
  expect(house.model.calls).toHaveLength(4);
});

test("a second server on the same folder is refused, by name", async () => {
  await using house = await openHouse();
  const { server } = await house.restart();
  const second = createServer({
    port: 0,
    data: house.data,
    logLevel: "silent",
    openaiBaseUrl: house.model.baseUrl,
    model: "x",
  });
  await expect(second).rejects.toMatchObject({
    code: "DATA_UNAVAILABLE",
    message: expect.stringMatching(/in use by .*--data/) as string,
  });
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});
