import { describe, expect, test } from "vitest";
import {
  endings,
  expectContinuity,
  is,
  isEnd,
  isToken,
  of,
  openScene,
  placesOf,
  promptOf,
  verdict,
} from "../support/scene.js";

describe("a whole run", () => {
  test("goes through all stages in order, and prompts hold the task and what was accepted", async () => {
    await using scene = await openScene();
    const { seen } = await scene.start({ maxRefinements: 2 }, "build a kettle");
    const refinement = await scene.reach("refinement", 1);
    const prompt = promptOf(refinement);
    for (const text of [
      "build a kettle",
      "text of architecture 0",
      "text of implementation 0",
      "finding of review 0",
    ]) {
      expect(prompt).toContain(text);
    }
    refinement.write("better");
    refinement.end();

    const review = await scene.reach("review", 1);
    expect(promptOf(review)).toContain("better");
    expect(promptOf(review)).not.toContain("text of implementation 0");
    review.write(verdict(false, "still slow"));
    review.end();

    const second = await scene.reach("refinement", 2);
    expect(promptOf(second)).toContain("still slow");
    expect(promptOf(second)).not.toContain("finding of review 0");
    second.write("best");
    second.end();
    const documentation = await scene.reach("documentation");
    expect(promptOf(documentation)).toContain("best");
    documentation.write("# Kettle");
    documentation.end();

    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed", output: "# Kettle" });
    await seen.ended;
    expect(placesOf(scene.model)).toEqual([
      "architecture 0",
      "implementation 0",
      "review 0",
      "refinement 1",
      "review 1",
      "refinement 2",
      "review 2",
      "documentation 0",
    ]);
    expect(seen.events[0]).toMatchObject({ type: "run_start", seq: 1, task: "build a kettle" });
    expect(seen.events.at(-1)?.type).toBe("run_complete");
    expectContinuity(seen.events);
  });

  test("ends the loop early when a review approves", async () => {
    await using scene = await openScene();
    const { seen } = await scene.start();
    const review = await scene.reach("review", 1);
    review.write(verdict(true));
    review.end();
    (await scene.reach("documentation")).end();
    await seen.until(isEnd);
    expect(endings(seen.events)).toEqual([
      "architecture 0 completed",
      "implementation 0 completed",
      "review 0 completed",
      "refinement 1 completed",
      "review 1 completed",
      "documentation 0 completed",
    ]);
    const [, reReview] = of(seen.events, "stage_complete").filter(({ stage }) => stage === "review");
    expect(reReview?.verdict).toMatchObject({ approved: true });
  });

  test("never enters the loop when the first review approves, or with maxRefinements 0", async () => {
    await using scene = await openScene();
    const approved = await scene.start();
    const review = await scene.reach("review");
    review.write(verdict(true));
    review.end();
    scene.model.answer(() => "text");
    await approved.seen.until(isEnd);
    const none = await scene.start({ maxRefinements: 0 });
    await none.seen.until(isEnd);
    for (const { seen } of [approved, none]) {
      expect(endings(seen.events).map((ending) => ending.split(" ")[0])).toEqual([
        "architecture",
        "implementation",
        "review",
        "documentation",
      ]);
    }
  });

  test("takes a verdict that can't be read as not approved, and says so", async () => {
    await using scene = await openScene();
    const { seen } = await scene.start({ maxRefinements: 1 });
    const review = await scene.reach("review");
    review.write('I approve! {"approved": "yes", ');
    review.end();
    const refinement = await scene.reach("refinement", 1);
    expect(promptOf(refinement)).toContain("I approve!");
    expect(await seen.until(is("error"))).toMatchObject({
      code: "VERDICT_MALFORMED",
      fatal: false,
      retryable: false,
      stage: "review",
      iteration: 0,
      attempt: 1,
    });
    const ended = of(seen.events, "stage_complete").find(({ stage }) => stage === "review");
    expect(ended?.outcome).toBe("completed");
    expect(ended).not.toHaveProperty("verdict");
  });

  test("sums usage, and asks the models that the options name", async () => {
    await using scene = await openScene();
    scene.model.answer(() => verdict(true));
    const { runId, seen } = await scene.start({ models: { review: "critic" } });
    const end = await seen.until(isEnd);
    expect(end).toMatchObject({ usage: { promptTokens: 40, completionTokens: 20, estimated: false } });
    expect(scene.model.calls.map(({ body }) => body.model)).toEqual(["scripted", "scripted", "critic", "scripted"]);
    expect(of(seen.events, "stage_start").map(({ model }) => model)).toEqual([
      "scripted",
      "scripted",
      "critic",
      "scripted",
    ]);
    expect((await scene.client.trpc.runs.get.query({ runId })).usage).toEqual(
      of(seen.events, "run_complete")[0]?.usage,
    );
  });

  test("goes round the loop as often as the pipeline says when nothing is approved", async () => {
    await using scene = await openScene();
    scene.model.answer((call) => `said ${call.number}`);
    const { seen } = await scene.start();
    await seen.until(isEnd);
    expect(placesOf(scene.model)).toHaveLength(10);
    expect(of(seen.events, "stage_start").every(({ attempt, cause }) => attempt === 1 && cause === "next")).toBe(true);
    expect(of(seen.events, "progress").every(({ fraction = 0 }) => fraction >= 0 && fraction <= 1)).toBe(true);
    expect(seen.events.some(isToken)).toBe(true);
  });
});
