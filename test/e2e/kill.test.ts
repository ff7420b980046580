import { createClient } from "@stagewire/client";
import { openSqliteLog } from "@stagewire/server";
import { compact, isClosed } from "@stagewire/shared";
import { expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { checkLog } from "../support/check-log.js";
import { type ModelCall, startScriptedModel } from "../support/scripted-model.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

function textOf(call: ModelCall): string {
  return isReview(call) ? approvingReview(true) : `The answer to call ${call.number}, at some length.`;
}

test("kill -9 in the middle of a stage: the run goes on, nothing is run twice, watchers come back by themselves", async () => {
  await using folder = await temporaryFolder();
  await using model = await startScriptedModel();
  const port = await freePort();
  const options = { data: folder.path, port, env: { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "test" } };
  await using first = await startServerProcess(options);
  await using client = createClient({ url: first.url });
  const run = await client.runs.start({ task: "a URL shortener" });

  const watched = [1, 2, 3].map(async (number) => {
    const events = [];
    for await (const event of run.watch(number === 3 ? { detail: "stages" } : {})) events.push(event);
    return events;
  });
  await using plain = plainClient(first.url);
  const seen = plain.watch(run.runId);

  // Architecture is finished, implementation stands in the middle of its text.
  const architecture = await model.next();
  architecture.write(textOf(architecture));
  architecture.end();
  const implementation = await model.next();
  implementation.write("half of ");
  implementation.write("the code");
  await seen.until(
    (event) => event.type === "token" && event.stage === "implementation" && event.text.includes("code"),
  );
  const shown = [...seen.events];
  await first.kill();
  expect(model.calls).toHaveLength(2);

  await using second = await startServerProcess(options);
  const again = await model.next();
  expect(again.body.messages).toEqual(implementation.body.messages);
  model.answer(textOf);
  again.write(textOf(again));
  again.end();

  const [one, two, stages] = await Promise.all(watched);
  await using late = plainClient(second.url);
  const view = await late.trpc.runs.get.query({ runId: run.runId });
  expect(isClosed(view) && view.status).toBe("completed");
  for (const events of [one, two, stages]) expect(checkLog(events ?? [])).toEqual(view);

  const recovered = one?.filter((event) => event.type === "stage_start" && event.cause === "recovered");
  expect(recovered).toMatchObject([{ stage: "implementation", iteration: 0, attempt: 2 }]);
  expect(view.steps.map(({ stage, attempt, output }) => [stage, attempt, output])).toEqual([
    ["architecture", 1, textOf(architecture)],
    ["implementation", 2, textOf(again)],
    ["review", 1, approvingReview(true)],
    ["documentation", 1, "The answer to call 5, at some length."],
  ]);
  // One call a step, and one more for the step that was cut off.
  expect(model.calls).toHaveLength(5);
  // What was shown before the kill was in the log, and still is.
  await second.kill();
  await using log = await openSqliteLog({ dir: folder.path });
  const truth = (await log.read(run.runId, { after: 0 })).flatMap((entry) => entry.events);
  expect(shown.length).toBeGreaterThan(0);
  expect(compact(truth.slice(0, shown.at(-1)?.seq))).toEqual(compact(shown));
});

test("kill -9 while commands are acknowledged: no acknowledged command is lost", async () => {
  await using folder = await temporaryFolder();
  await using model = await startScriptedModel();
  const options = {
    data: folder.path,
    port: await freePort(),
    env: { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "test" },
  };
  await using first = await startServerProcess(options);
  const plain = plainClient(first.url);
  const { runId } = await plain.trpc.runs.start.mutate({ task: "a URL shortener" });
  await model.next();
  const ack = await plain.control(runId, { type: "skip", target: "remaining", when: "now" }, "skip-all");
  expect(ack).toMatchObject({ outcome: "scheduled" });
  await first.kill();
  await plain[Symbol.asyncDispose]();

  await using second = await startServerProcess(options);
  await using client = plainClient(second.url);
  // The same command again, as a client does that never heard the ack.
  expect(await client.control(runId, { type: "skip", target: "remaining", when: "now" }, "skip-all")).toEqual(ack);
  model.answer((call) => (isReview(call) ? approvingReview(false) : `Answer ${call.number}`));
  const watch = client.watch(runId);
  await watch.ended;
  const view = checkLog(watch.events);
  expect(view.status).toBe("completed");
  expect(view.steps.map(({ stage }) => stage)).toEqual(["architecture", "implementation", "review", "documentation"]);
  expect(view.controls).toHaveLength(1);
});
