import { createClient, type RunView } from "@stagewire/client";
import { definePipeline } from "@stagewire/server";
import { describe, expect, test } from "vitest";
import { openHouse } from "../support/house.js";
import { answerOf, isEnd, openScene, placeOf, reach } from "../support/scene.js";

describe("runs.prompt", () => {
  test("tells of every step what its model was asked, while the run goes on and afterwards", async () => {
    await using scene = await openScene();
    await using client = createClient({ url: scene.server.url });
    const { runId, seen } = await scene.start({ maxRefinements: 2 });
    const run = client.runs.open(runId);

    const architecture = await scene.model.next();
    expect((await run.prompt("architecture")).messages).toEqual(architecture.body.messages);
    await run.guide("Before the implementation.");
    // Given while it ran: its prompt was made before.
    expect((await run.prompt("architecture")).messages).toEqual(architecture.body.messages);
    architecture.write("The plan.");
    architecture.end();
    const refused = await scene.model.next();
    await run.guide("Between two attempts.");
    refused.refuse(503, "busy", { "retry-after": "0" });
    const again = await scene.model.next();
    expect(again.body.messages).not.toEqual(refused.body.messages);
    expect(await run.prompt("implementation")).toEqual({ attempt: 2, messages: again.body.messages });
    again.write("The code.");
    again.end();
    const refinement = await reach(scene.model, "refinement", 1);
    await run.skip();
    expect((await run.prompt("refinement", { iteration: 1 })).messages).toEqual(refinement.body.messages);
    scene.model.answer(answerOf);
    await seen.until(isEnd);

    const { steps } = await run.get();
    const asked = new Map(scene.model.calls.map((call) => [placeOf(call), call.body.messages]));
    expect(asked.size).toBe(steps.length);
    for (const { stage, iteration } of steps) {
      const { messages } = await run.prompt(stage, { iteration });
      expect(messages, `${stage} ${iteration}`).toEqual(asked.get(`${stage} ${iteration}`));
    }
  });

  test("is refused where this run asked no model", async () => {
    await using scene = await openScene();
    await using client = createClient({ url: scene.server.url });
    const { runId } = await scene.start();
    const call = await scene.model.next();
    await expect(client.runs.open(runId).prompt("review")).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining('Stage "review" has not begun'),
    });
    await expect(client.runs.open("nosuchrun").prompt("review")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    call.write("The plan.");
    call.end();
    (await scene.model.next()).refuse(401, "wrong key");
    await client.runs.open(runId).finished();

    const retried = await client.runs.open(runId).retry();
    await scene.model.next();
    await expect(retried.prompt("architecture")).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(`ask for its prompt in run ${runId}`),
    });
    expect((await retried.prompt("implementation")).messages.at(-1)?.content).toContain("The plan.");
  });

  test("a restart changes nothing, a pipeline that is gone is told as that", async () => {
    await using house = await openHouse();
    const poem = definePipeline({
      id: "poem",
      title: "Poem",
      stages: [{ id: "verse", title: "Verse", prompt: ({ task }) => [{ role: "user", content: `Verse: ${task}` }] }],
    });
    const first = await house.restart({ pipelines: [poem] });
    house.model.answer(() => "A verse.");
    const { runId } = await first.server.engine.start({ task: "owls", pipeline: "poem" });
    await expect
      .poll(async (): Promise<RunView["status"]> => (await first.server.engine.get(runId)).status)
      .toBe("completed");
    const again = await house.restart({ pipelines: [poem] });
    expect(await again.client.trpc.runs.prompt.query({ runId, stage: "verse" })).toEqual({
      attempt: 1,
      messages: [{ role: "user", content: "Verse: owls" }],
    });
    const without = await house.restart();
    await expect(without.client.trpc.runs.prompt.query({ runId, stage: "verse" })).rejects.toThrow(
      "PIPELINE_NOT_FOUND",
    );
  });
});
