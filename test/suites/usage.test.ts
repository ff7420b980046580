import { NO_USAGE, type RunEvent } from "@stagewire/shared";
import { addUsage } from "@stagewire/shared";
import { expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { checkLog } from "../support/check-log.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

const PRICES = { priced: { input: 100, output: 1_000 } };

/** What every event with a `usage` says together, but for the last one, which has to say the same. */
function sumOfParts(events: readonly RunEvent[]) {
  return events
    .filter((event) => event.type !== "run_complete")
    .reduce((sum, event) => ("usage" in event && event.usage ? addUsage(sum, event.usage) : sum), NO_USAGE);
}

test("every attempt's usage is told once: by its end, or as an estimate by the error that voids it", async () => {
  await using model = await startScriptedModel();
  await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "priced", prices: PRICES });
  await using client = plainClient(server.url);
  const { runId } = await client.trpc.runs.start.mutate({ task: "a URL shortener" });
  const watch = client.watch(runId);
  const cut = await model.next();
  const text = "x".repeat(4_000);
  cut.write(text);
  await watch.until((event) => event.type === "token" && event.text.endsWith("x"));
  cut.cut();
  const failed = await watch.until((event) => event.type === "error");
  expect(failed).toMatchObject({ code: "MODEL_STREAM_CUT", usage: { completionTokens: 1_000, estimated: true } });
  model.answer((call) => (isReview(call) ? approvingReview(true) : "fine"));
  await watch.ended;

  const view = checkLog(watch.events);
  expect(view.usage).toEqual(sumOfParts(watch.events));
  expect(view.usage.estimated).toBe(true);
  expect(view.usage.completionTokens).toBe(1_000 + 4 * 5);
  expect(view.usageByModel).toEqual([{ model: "priced", usage: view.usage }]);
  const { promptTokens, completionTokens } = view.usage;
  expect(view.costUsd).toBeCloseTo((promptTokens * 100 + completionTokens * 1_000) / 1_000_000, 5);
  expect(await client.trpc.runs.get.query({ runId })).toEqual(view);
  const { runs } = await client.trpc.runs.list.query();
  expect(runs[0]).toMatchObject({ costUsd: view.costUsd, usage: view.usage });
});

test("what a crash cut off is told by the attempt that voids it", async () => {
  await using folder = await temporaryFolder();
  await using model = await startScriptedModel();
  const options = { data: folder.path, openaiBaseUrl: model.baseUrl, model: "priced", prices: PRICES };
  const first = await startServer(options);
  const before = plainClient(first.url);
  const { runId } = await before.trpc.runs.start.mutate({ task: "a URL shortener" });
  const seen = before.watch(runId);
  (await model.next()).write("y".repeat(800));
  await seen.until((event) => event.type === "token" && event.text.endsWith("y"));
  await before[Symbol.asyncDispose]();
  await first.close();

  model.answer((call) => (isReview(call) ? approvingReview(true) : "fine"));
  await using second = await startServer(options);
  await using client = plainClient(second.url);
  const watch = client.watch(runId);
  await watch.ended;
  const view = checkLog(watch.events);
  const recovered = watch.events.find((event) => event.type === "stage_start" && event.cause === "recovered");
  expect(recovered).toMatchObject({ usage: { completionTokens: 200, estimated: true } });
  expect(view.usage).toEqual(sumOfParts(watch.events));
});

test("a budget in dollars ends the run in the middle of a stream, and the cost is live", async () => {
  await using model = await startScriptedModel();
  await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "priced", prices: PRICES });
  await using client = plainClient(server.url);
  const { runId } = await client.trpc.runs.start.mutate({ task: "x", options: { maxCostUsd: 2 } });
  const watch = client.watch(runId);
  const call = await model.next();
  call.write("z".repeat(4_000));
  await watch.until((event) => event.type === "progress" && (event.costUsd ?? 0) > 1);
  call.write("z".repeat(8_000));
  await call.closed;
  await watch.ended;
  const view = checkLog(watch.events);
  expect(view.status).toBe("failed");
  expect(view.errors.at(-1)).toMatchObject({ code: "BUDGET_EXCEEDED", fatal: true });
  expect(view.costUsd).toBeGreaterThan(2);
});

test("a budget in dollars is refused where a model of the run has no price", async () => {
  await using model = await startScriptedModel();
  await using server = await startServer({ openaiBaseUrl: model.baseUrl, model: "priced", prices: PRICES });
  await using client = plainClient(server.url);
  const options = { maxCostUsd: 1, models: { review: "mystery" } };
  await expect(client.trpc.runs.start.mutate({ task: "x", options })).rejects.toThrow(
    /INVALID_INPUT: options\.maxCostUsd: no price is configured for the model "mystery"/,
  );
});
