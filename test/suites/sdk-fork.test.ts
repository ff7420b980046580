import { createClient, type RunView } from "@stagewire/client";
import { describe, expect, test } from "vitest";
import { bring } from "../support/moments.js";
import { answerOf, isEnd, openScene, placesOf, promptOf } from "../support/scene.js";

/** A scene, and the client that people get. */
async function openWithClient() {
  const scene = await openScene();
  const client = createClient({ url: scene.server.url });
  return {
    ...scene,
    sdk: client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await scene[Symbol.asyncDispose]();
    },
  };
}

describe("run.retry", () => {
  test("begins with the step that failed, with the task and options of the run that failed", async () => {
    await using scene = await openWithClient();
    const { runId, seen } = await scene.start({ maxRefinements: 1, gates: ["documentation"] });
    (await scene.reach("implementation")).refuse(401, "wrong key");
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });

    const before = scene.model.calls.length;
    const retried = await scene.sdk.runs.open(runId).retry({ options: { maxTokens: 1_000_000 } });
    expect(retried.created).toBe(true);
    const call = await scene.model.next();
    expect(placesOf(scene.model).slice(before)).toEqual(["implementation 0"]);
    expect(promptOf(call)).toContain("text of architecture 0");
    expect(await retried.get()).toMatchObject({
      task: "build it",
      options: { maxRefinements: 1, gates: ["documentation"], maxTokens: 1_000_000 },
      parent: { runId, fromStage: "implementation" },
    });
  });

  test("goes on with what came next after a cancel between two steps", async () => {
    await using scene = await openWithClient();
    const { runId, seen, call } = await bring(scene, "architecture, mid-stream");
    await scene.client.control(runId, { type: "cancel", when: "after_stage" });
    call?.end();
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "cancelled" });
    await scene.sdk.runs.open(runId).retry();
    await scene.model.next();
    expect(placesOf(scene.model)).toEqual(["architecture 0", "implementation 0"]);
  });

  test("makes the last step of a completed run again, and refuses a run that has not ended", async () => {
    await using scene = await openWithClient();
    const { runId, seen, call } = await bring(scene, "architecture, mid-stream");
    await expect(scene.sdk.runs.open(runId).retry()).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(runId) as unknown,
    });
    call?.end();
    scene.model.answer(answerOf);
    await seen.until(isEnd);
    const before = scene.model.calls.length;
    const retried = await scene.sdk.runs.open(runId).retry();
    expect((await retried.finished()).status).toBe("completed");
    expect(placesOf(scene.model).slice(before)).toEqual(["documentation 0"]);
  });
});

describe("run.fork", () => {
  test("takes over what came before the stage, with another task, also while the parent runs", async () => {
    await using scene = await openWithClient();
    const { runId } = await bring(scene, "implementation, mid-stream");
    const fork = await scene.sdk.runs.open(runId).fork({ fromStage: "implementation", task: "build it in Go" });
    const call = await scene.model.next();
    expect(promptOf(call)).toMatch(/build it in Go[^]*text of architecture 0/);
    const view: RunView = await fork.get();
    expect(view).toMatchObject({ task: "build it in Go", parent: { runId, fromStage: "implementation" } });
    expect(view.steps[0]).toMatchObject({ stage: "architecture", status: "completed", durationMs: 0 });
  });

  test("starts one run for one key, and says how far the parent got", async () => {
    await using scene = await openWithClient();
    const { runId } = await bring(scene, "implementation, mid-stream");
    const parent = scene.sdk.runs.open(runId);
    const first = await parent.fork({ fromStage: "architecture", idempotencyKey: "once" });
    const second = await parent.fork({ fromStage: "architecture", idempotencyKey: "once" });
    expect(second).toMatchObject({ runId: first.runId, created: false });
    await expect(parent.fork({ fromStage: "documentation" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining('"implementation"') as unknown,
    });
    await expect(scene.sdk.runs.open("nobody").fork({ fromStage: "review" })).rejects.toMatchObject({
      code: "RUN_NOT_FOUND",
    });
  });
});
