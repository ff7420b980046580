import { expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { checkLog } from "../support/check-log.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

test("a shutdown lets the step that runs end, begins no other, and the next start goes on with the next step", async () => {
  await using folder = await temporaryFolder();
  await using model = await startScriptedModel();
  const options = { data: folder.path, openaiBaseUrl: model.baseUrl, model: "some-model", maxConcurrentRuns: 1 };
  const first = await startServer(options);
  const before = plainClient(first.url);
  const { runId } = await before.trpc.runs.start.mutate({ task: "a URL shortener" });
  const waiting = await before.trpc.runs.start.mutate({ task: "one that waits" });
  const call = await model.next();
  call.write("half");
  const seen = before.watch(runId);
  await seen.until((event) => event.type === "token");
  const stopped = first.shutdown();
  await expect(before.trpc.runs.start.mutate({ task: "too late" })).rejects.toThrow(/SHUTTING_DOWN/);
  call.write(" and half");
  call.end();
  await seen.until((event) => event.type === "stage_complete");
  await stopped;
  await before[Symbol.asyncDispose]();
  expect(model.calls).toHaveLength(1);

  model.answer((next) => (isReview(next) ? approvingReview(true) : "fine"));
  await using second = await startServer(options);
  await using client = plainClient(second.url);
  for (const id of [runId, waiting.runId]) {
    const watch = client.watch(id);
    await watch.ended;
    const view = checkLog(watch.events);
    expect(view.status).toBe("completed");
    expect(view.steps.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1]);
    if (id === runId) expect(view.steps[0]?.output).toBe("half and half");
  }
  expect(model.calls).toHaveLength(8);
});

test("a step that does not end in time is left to recovery", async () => {
  await using folder = await temporaryFolder();
  await using model = await startScriptedModel();
  const options = { data: folder.path, openaiBaseUrl: model.baseUrl, model: "some-model" };
  const first = await startServer({ ...options, drainMs: 50 });
  const before = plainClient(first.url);
  const { runId } = await before.trpc.runs.start.mutate({ task: "a URL shortener" });
  const call = await model.next();
  await first.shutdown();
  await call.closed;
  await before[Symbol.asyncDispose]();

  model.answer((next) => (isReview(next) ? approvingReview(true) : "fine"));
  await using second = await startServer(options);
  await using client = plainClient(second.url);
  const watch = client.watch(runId);
  await watch.ended;
  expect(checkLog(watch.events).steps[0]).toMatchObject({ attempt: 2, status: "completed" });
});

test("a run that asked for it is cancelled once nobody watches, and only then", async () => {
  await using model = await startScriptedModel();
  await using server = await startServer({
    openaiBaseUrl: model.baseUrl,
    model: "some-model",
    abandonedAfterMs: 1_000,
  });
  await using client = plainClient(server.url);
  const patient = await client.trpc.runs.start.mutate({ task: "goes on" });
  const other = await client.trpc.runs.start.mutate({ task: "gives up", options: { onAbandoned: "cancel" } });
  const watched = await client.trpc.runs.start.mutate({ task: "is watched", options: { onAbandoned: "cancel" } });
  const watch = client.watch(watched.runId);
  const feed = await new Promise<{ unsubscribe(): void }>((resolve) => {
    const subscription = client.trpc.runs.feed.subscribe(undefined, {
      onData({ data }) {
        if (data.some((run) => run.runId === other.runId && run.status === "cancelled")) resolve(subscription);
      },
    });
  });
  feed.unsubscribe();
  const { controls } = await client.trpc.runs.get.query({ runId: other.runId });
  expect(controls).toMatchObject([
    { by: "stagewire", outcome: "applied", command: { type: "cancel", reason: "nobody watched for 1 s" } },
  ]);
  expect(await client.trpc.runs.get.query({ runId: patient.runId })).toMatchObject({ status: "running" });
  expect(await client.trpc.runs.get.query({ runId: watched.runId })).toMatchObject({ status: "running" });
  watch.stop();
});
