import { describe, expect, test } from "vitest";
import { bring } from "../support/moments.js";
import { answerOf, endings, is, isEnd, of, openScene, placesOf, promptOf, verdict } from "../support/scene.js";

describe("pause", () => {
  test("takes effect at the next step, and resume goes on with it", async () => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, "architecture, mid-stream");
    expect(await scene.client.control(runId, { type: "pause" })).toMatchObject({ outcome: "scheduled" });
    expect(await scene.client.control(runId, { type: "pause" })).toMatchObject({
      outcome: "rejected",
      reason: "already_paused",
    });
    call?.write("and the rest");
    call?.end();
    await seen.until(is("progress", { phase: "paused" }));
    expect(await scene.client.trpc.runs.get.query({ runId })).toMatchObject({ status: "paused", paused: true });
    expect(scene.model.calls).toHaveLength(1);
    expect(endings(seen.events)).toEqual(["architecture 0 completed"]);

    expect(await scene.client.control(runId, { type: "resume" })).toMatchObject({ outcome: "applied" });
    scene.model.answer(() => verdict(true));
    await seen.until(isEnd);
    expect(placesOf(scene.model)).toEqual(["architecture 0", "implementation 0", "review 0", "documentation 0"]);
  });

  test("is taken back by a resume before it took effect", async () => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, "architecture");
    await scene.client.control(runId, { type: "pause" });
    expect(await scene.client.control(runId, { type: "resume" })).toMatchObject({ outcome: "applied" });
    call?.end();
    await scene.reach("implementation");
    expect(of(seen.events, "progress").some(({ phase }) => phase === "paused")).toBe(false);
    expect(await scene.client.control(runId, { type: "resume" })).toMatchObject({
      outcome: "rejected",
      reason: "not_paused",
    });
  });

  test("a paused run gives its place away, and waits for one when it is resumed", async () => {
    await using scene = await openScene({ maxConcurrentRuns: 1 });
    const { runId, seen } = await bring(scene, "paused");
    const other = await scene.start();
    const call = await scene.model.next();
    await scene.client.control(runId, { type: "resume" });
    await seen.until(is("progress", { phase: "queued", queuePosition: 1 }));
    await scene.client.control(other.runId, { type: "cancel", when: "now" });
    await call.closed;
    expect(promptOf(await scene.model.next())).toContain("build it");
    expect(await seen.until(is("stage_start", { stage: "implementation" }))).toMatchObject({
      attempt: 1,
      cause: "next",
    });
  });
});

describe("gates", () => {
  test("pause the run before their stage, in every iteration, until somebody resumes", async () => {
    await using scene = await openScene();
    const { runId, seen } = await scene.start({ gates: ["refinement", "documentation"], maxRefinements: 2 });
    scene.model.answer(answerOf);
    const opened: string[] = [];
    for (let gate = 0; gate < 3; gate++) {
      const ended = gate * 2 + 3;
      await seen.until((event) => is("progress", { phase: "paused" })(event) && endedBefore(event.seq) === ended);
      expect(placesOf(scene.model)).toHaveLength(ended);
      const { seq } = await scene.client.control(runId, { type: "resume" });
      const control = await seen.until((event) => event.seq === seq);
      expect(control).toMatchObject({ type: "control", outcome: "applied" });
      if (control.type === "control") opened.push(`${control.stage} ${control.iteration}`);
    }
    await seen.until(isEnd);
    expect(opened).toEqual(["refinement 1", "refinement 2", "documentation 0"]);

    function endedBefore(seq: number): number {
      return of(seen.events, "stage_complete").filter((event) => event.seq < seq).length;
    }
  });

  test("a skip opens what lies behind the gate, and a cancel ends the wait", async () => {
    await using scene = await openScene();
    const { runId, seen } = await scene.start({ gates: ["refinement"] });
    const review = await scene.reach("review");
    review.write(verdict(false, "slow"));
    review.end();
    await seen.until(is("progress", { phase: "paused" }));
    expect(await scene.client.control(runId, { type: "skip", target: "remaining", when: "now" })).toMatchObject({
      outcome: "applied",
    });
    const documentation = await scene.model.next();
    documentation.end();
    await seen.until(isEnd);
    expect(placesOf(scene.model).at(-1)).toBe("documentation 0");

    const gated = await scene.start({ gates: ["architecture"] });
    await gated.seen.until(is("progress", { phase: "paused" }));
    await scene.client.control(gated.runId, { type: "cancel", when: "now" });
    expect(await gated.seen.until(isEnd)).toMatchObject({ outcome: "cancelled" });
  });
});

test("guidance is in the prompts of the steps that follow, and not in the one that runs", async () => {
  await using scene = await openScene();
  const { runId, call } = await bring(scene, "architecture");
  await scene.client.control(runId, { type: "guide", text: "use no framework" });
  expect(call && promptOf(call)).not.toContain("use no framework");
  call?.end();
  const implementation = await scene.reach("implementation");
  await scene.client.control(runId, { type: "guide", text: "and no comments" });
  implementation.end();
  const review = await scene.reach("review");
  expect(promptOf(implementation)).toContain("use no framework");
  expect(promptOf(review)).toMatch(/use no framework[^]*and no comments/);
});

describe("retry and fork", () => {
  /** A run that ended after refinement 1, having skipped the rest. */
  async function original(scene: Awaited<ReturnType<typeof openScene>>) {
    const { runId, seen } = await bring(scene, "review 1, mid-stream");
    await scene.client.control(runId, { type: "skip", target: "remaining", when: "now" });
    (await scene.model.next()).end();
    await seen.until(isEnd);
    return { runId, calls: scene.model.calls.length };
  }

  test.each([
    { fromStage: "implementation", next: "implementation 0", has: "text of architecture 0" },
    { fromStage: "refinement", iteration: 1, next: "refinement 1", has: "finding of review 0" },
    { fromStage: "review", iteration: 1, next: "review 1", has: "text of refinement 1" },
    { fromStage: "refinement", iteration: 2, next: "refinement 2", has: "text of refinement 1" },
    { fromStage: "documentation", next: "documentation 0", has: "text of refinement 1" },
  ])("from $fromStage $iteration begins with $next", async ({ next, has, ...place }) => {
    await using scene = await openScene();
    const { runId, calls } = await original(scene);
    const fork = await scene.client.trpc.runs.start.mutate({ task: "build it", parent: { runId, ...place } });
    const seen = scene.client.watch(fork.runId);
    const call = await scene.model.next();
    expect(placesOf(scene.model).slice(calls)).toEqual([next]);
    expect(promptOf(call)).toContain(has);
    expect(await seen.until(is("run_start"))).toMatchObject({ parent: { runId, ...place } });
    call.write(answerOf(call));
    call.end();
    scene.model.answer(answerOf);
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    expect((await scene.client.trpc.runs.get.query({ runId: fork.runId })).parent).toEqual({ runId, ...place });
  });

  test("a cancelled run is retried from where it stood; an unknown parent or stage is refused", async () => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, "implementation, mid-stream");
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await Promise.all([call?.closed, seen.until(isEnd)]);
    const retry = { task: "build it", parent: { runId, fromStage: "implementation" } };
    await scene.client.trpc.runs.start.mutate(retry);
    expect(promptOf(await scene.model.next())).toContain("text of architecture 0");
    expect(placesOf(scene.model).at(-1)).toBe("implementation 0");

    const wrong = (parent: { runId: string; fromStage: string }) =>
      scene.client.trpc.runs.start.mutate({ task: "x", parent });
    await expect(wrong({ runId: "nobody", fromStage: "review" })).rejects.toMatchObject({
      data: { reason: "RUN_NOT_FOUND" },
    });
    await expect(wrong({ runId, fromStage: "polish" })).rejects.toThrow(/INVALID_INPUT.*"polish"/);
  });
});
