import { definePipeline } from "@stagewire/server";
import type { ProgressEvent } from "@stagewire/shared";
import { pino } from "pino";
import { expect, test } from "vitest";
import { openBareEngine } from "../support/engine.js";
import { answerOf, endings, is, isEnd, of, openScene, promptOf, verdict } from "../support/scene.js";
import type { Recording } from "../support/trpc.js";

/** Waits until the run has said `count` more times that it is in this phase. */
async function untilTold(seen: Recording, phase: ProgressEvent["phase"], count: number): Promise<void> {
  const from = seen.events.length;
  let told = 0;
  await seen.until(
    (event) => seen.events.indexOf(event) >= from && is("progress", { phase })(event) && ++told >= count,
  );
}

test("a run says how it is at least every 2 s, whether it is queued, waiting, streaming or paused", async () => {
  await using scene = await openScene({ maxConcurrentRuns: 1 });
  const { runId, seen } = await scene.start({ gates: ["implementation"] });
  const queued = await scene.start();
  const call = await scene.reach("architecture");
  await untilTold(seen, "waiting", 2);
  call.write("so ");
  await untilTold(seen, "streaming", 2);
  const told = of(seen.events, "progress").at(-1);
  expect(told).toMatchObject({ stage: "architecture", iteration: 0, tokens: 1 });
  expect(told?.tokensPerSecond).toBeGreaterThan(0);
  expect(told?.stageElapsedMs).toBeGreaterThan(1_000);
  expect(
    of(queued.seen.events, "progress").every(({ phase, queuePosition }) => phase === "queued" && queuePosition === 1),
  ).toBe(true);
  expect(of(queued.seen.events, "progress").length).toBeGreaterThan(2);

  await scene.client.control(queued.runId, { type: "cancel", when: "now" });
  call.end();
  await untilTold(seen, "paused", 2);
  await scene.client.control(runId, { type: "cancel", when: "now" });
  await seen.until(isEnd);
  for (const { events } of [seen, queued.seen]) {
    const gaps = events.slice(1).map(({ at }, index) => at - (events[index]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
  }
});

test("the time to the first token is told while the call streams and when it has ended, and only where one came", async () => {
  await using scene = await openScene();
  const { seen, runId } = await scene.start();
  const call = await scene.reach("architecture");
  await untilTold(seen, "waiting", 2);
  expect(of(seen.events, "progress").every(({ firstTokenMs }) => firstTokenMs === undefined)).toBe(true);
  call.write("so ", "reasoning");
  await untilTold(seen, "streaming", 2);
  const told = of(seen.events, "progress").at(-1)?.firstTokenMs;
  // It waited for a sign of life, which comes a second after the first.
  expect(told).toBeGreaterThan(500);
  call.write("long");
  call.end();
  const silent = await scene.reach("implementation");
  expect(of(seen.events, "stage_complete")[0]?.firstTokenMs).toBe(told);
  expect((await scene.server.engine.get(runId)).steps[0]?.firstTokenMs).toBe(told);
  silent.refuse(401, "wrong key");
  await seen.until(isEnd);
  expect(of(seen.events, "stage_complete")[1]?.firstTokenMs).toBeUndefined();
});

test("a fraction that grows to 1, and an ETA as soon as there is something to measure by", async () => {
  await using scene = await openScene();
  scene.model.answer(answerOf);
  const first = await scene.start();
  await first.seen.until(isEnd);
  const second = await scene.start();
  await second.seen.until(isEnd);
  const told = of(second.seen.events, "progress");
  expect(told.every(({ etaMs }) => etaMs !== undefined)).toBe(true);
  expect(told[0]?.fraction).toBeLessThan(1);
  const { runs } = await scene.client.trpc.runs.list.query();
  expect(runs.map(({ fraction, status }) => ({ fraction, status }))).toEqual([
    { fraction: 1, status: "completed" },
    { fraction: 1, status: "completed" },
  ]);
});

test("runs a pipeline of one's own, with another loop and without", async () => {
  const user = (content: string) => [{ role: "user" as const, content }];
  const poem = definePipeline({
    id: "poem",
    title: "Poem",
    stages: [
      { id: "draft", title: "Draft", prompt: ({ task }) => user(`draft of ${task}`) },
      {
        id: "critique",
        title: "Critique",
        verdict: true,
        prompt: ({ outputs }) => user(`critique ${outputs["draft"]}`),
      },
      {
        id: "rewrite",
        title: "Rewrite",
        revises: "draft",
        loop: { max: 2, review: "critique" },
        prompt: ({ outputs, iteration }) => user(`rewrite ${iteration} of ${outputs["draft"]}`),
      },
    ],
  });
  const echo = definePipeline({
    id: "echo",
    title: "Echo",
    stages: [{ id: "say", title: "Say", prompt: ({ task }) => user(task) }],
  });
  await using scene = await openScene({ pipelines: [poem, echo] });
  scene.model.answer((call) =>
    promptOf(call).startsWith("critique") ? verdict(false, "dull") : `<${promptOf(call)}>`,
  );
  expect((await scene.client.trpc.pipelines.list.query()).map(({ id }) => id)).toEqual(["build", "poem", "echo"]);

  const { runId } = await scene.client.trpc.runs.start.mutate({ task: "snow", pipeline: "poem" });
  const seen = scene.client.watch(runId);
  const end = await seen.until(isEnd);
  expect(endings(seen.events).map((ending) => ending.replace(" completed", ""))).toEqual([
    "draft 0",
    "critique 0",
    "rewrite 1",
    "critique 1",
    "rewrite 2",
    "critique 2",
  ]);
  expect(end).toMatchObject({ outcome: "completed", output: "<rewrite 2 of <rewrite 1 of <draft of snow>>>" });

  const said = await scene.client.trpc.runs.start.mutate({ task: "hello", pipeline: "echo" });
  expect(await scene.client.watch(said.runId).until(isEnd)).toMatchObject({ output: "<hello>" });
  expect(await scene.client.control(said.runId, { type: "skip", target: "remaining", when: "now" })).toMatchObject({
    reason: "run_closed",
  });
});

test("skipping is nothing for a pipeline without a loop", async () => {
  const echo = definePipeline({
    id: "echo",
    title: "Echo",
    stages: [{ id: "say", title: "Say", prompt: ({ task }) => [{ role: "user", content: task }] }],
  });
  await using scene = await openScene({ pipelines: [echo] });
  const { runId } = await scene.client.trpc.runs.start.mutate({ task: "hello", pipeline: "echo" });
  const call = await scene.model.next();
  for (const target of ["iteration", "remaining"] as const) {
    expect(await scene.client.control(runId, { type: "skip", target, when: "now" })).toMatchObject({
      outcome: "rejected",
      reason: "not_refining",
    });
  }
  call.end();
});

test("a budget ends the run while the model writes, and between stages", async () => {
  await using scene = await openScene();
  const writing = await scene.start({ maxTokens: 20_000 });
  const call = await scene.reach("architecture");
  call.write("word ".repeat(30_000));
  await call.closed;
  const quick = await scene.start({ maxTokens: 640 });
  const answered = await scene.reach("architecture");
  answered.write("x");
  answered.end();
  for (const { seen } of [writing, quick]) {
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });
    const error = of(seen.events, "error").at(-1);
    expect(error).toMatchObject({ code: "BUDGET_EXCEEDED", fatal: true, retryable: false });
    expect(error?.message).toMatch(/20,000|640/);
  }
  expect(endings(writing.seen.events)).toEqual(["architecture 0 failed"]);
  expect(endings(quick.seen.events)).toEqual(["architecture 0 completed", "implementation 0 failed"]);
  expect(scene.model.calls).toHaveLength(2);
});

test("a prompt that throws fails the run; what it threw is in the server's log and nowhere else", async () => {
  const broken = definePipeline({
    id: "broken",
    title: "Broken",
    stages: [
      {
        id: "say",
        title: "Say",
        prompt() {
          throw new TypeError("the prompt is broken");
        },
      },
    ],
  });
  let logged = "";
  const logger = pino({ level: "error" }, { write: (line) => void (logged += line) });
  await using bare = await openBareEngine({ pipelines: [broken], logger });
  const { engine, runId } = bare;
  const events = [];
  for await (const frame of engine.watch({ runId, signal: new AbortController().signal })) events.push(...frame.events);
  expect(events.at(-1)).toMatchObject({ type: "run_complete", outcome: "failed" });
  expect(of(events, "error")).toMatchObject([{ code: "INTERNAL", fatal: true, retryable: false, stage: "say" }]);
  expect(JSON.stringify(events)).not.toContain("the prompt is broken");
  expect(logged).toContain("the prompt is broken");
  expect(logged).toContain(runId);
});
