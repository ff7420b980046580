import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { webhookPayloadSchema } from "@stagewire/shared";
import { expect, test } from "vitest";
import { cli, startProcess } from "../support/cli-process.js";
import { fencesOf, readDocument, ROOT } from "../support/documents.js";
import { answerOf, endings, isEnd } from "../support/scene.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";
import { newSecret, startReceiver } from "../support/webhook-receiver.js";

test("kill -9 between an event and its delivery: the next server delivers it, in order, under the same id", async () => {
  let status: 204 | "silence" = "silence";
  await using receiver = await startReceiver({
    // The third event is on its way, and not answered, when the server dies.
    answer: ({ payload: { data } }) => ("stage" in data && data.stage === "review" ? status : 204),
  });
  await using model = await startScriptedModel();
  await using folder = await temporaryFolder();
  const options = {
    data: folder.path,
    port: await freePort(),
    env: {
      OPENAI_BASE_URL: model.baseUrl,
      STAGEWIRE_MODEL: "scripted",
      STAGEWIRE_WEBHOOK_URL: receiver.url,
      STAGEWIRE_WEBHOOK_SECRET: receiver.secret,
      STAGEWIRE_LOG_LEVEL: "debug",
    },
  };
  model.answer(answerOf);
  const first = await startServerProcess(options);
  await using client = plainClient(first.url);
  const { runId } = await client.trpc.runs.start.mutate({ task: "build it", options: { maxRefinements: 0 } });
  const seen = client.watch(runId);
  await seen.until(isEnd);
  const lost = await receiver.received(({ payload: { data } }) => "stage" in data && data.stage === "review");
  await first.kill();
  status = 204;
  await using second = await startServerProcess(options);
  await receiver.received(({ payload }) => payload.type === "run_complete");
  const told = seen.events.filter(({ type }) => type === "stage_complete" || type === "run_complete");
  expect(endings(told)).toHaveLength(4);
  const ids = receiver.deliveries.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) === index)).toEqual(told.map(({ seq }) => `${runId}-${seq}`));
  const again = receiver.deliveries.filter(({ id }) => id === lost.id);
  expect(again.length).toBeGreaterThanOrEqual(2);
  expect(new Set(again.map(({ body }) => body)).size).toBe(1);
  expect(receiver.strange).toEqual([]);
  for (const log of [first.log, second.log]) expect(log).not.toContain(receiver.secret.slice(6));
  expect(second.log).toContain("delivered a webhook");
}, 60_000);

test("a run of the command alone tells of its end before the command ends", async () => {
  await using receiver = await startReceiver();
  await using model = await startScriptedModel();
  await using folder = await temporaryFolder();
  model.answer(answerOf);
  const env = {
    OPENAI_BASE_URL: model.baseUrl,
    STAGEWIRE_MODEL: "scripted",
    STAGEWIRE_PORT: String(await freePort()),
    STAGEWIRE_WEBHOOK_URL: receiver.url,
    STAGEWIRE_WEBHOOK_SECRET: receiver.secret,
  };
  const { code } = await cli(["run", "--refinements", "0", "build it"], { cwd: folder.path, env });
  expect(code).toBe(0);
  expect(receiver.deliveries.map(({ payload }) => payload.type)).toEqual([
    ...Array.from({ length: 4 }, () => "stage_complete"),
    "run_complete",
  ]);
});

test("`stagewire config` and its errors show no secret", async () => {
  await using folder = await temporaryFolder();
  const secret = newSecret();
  const write = (webhooks: unknown) =>
    writeFile(path.join(folder.path, "stagewire.config.json"), JSON.stringify({ webhooks }));
  await write([{ url: "https://example.com/hook?key=abc", secret }]);
  const env = { STAGEWIRE_WEBHOOK_URL: "http://localhost:1/hook", STAGEWIRE_WEBHOOK_SECRET: newSecret() };
  for (const flags of [[], ["--json"]]) {
    const { code, stdout } = await cli(["config", ...flags], { cwd: folder.path, env });
    expect(code).toBe(0);
    expect(stdout).toContain("https://example.com/hook");
    expect(stdout).not.toMatch(/whsec_|key=abc/);
  }
  await write([{ url: "http://example.com/hook", secret: `${secret}!` }]);
  const { code, stderr } = await cli(["config"], { cwd: folder.path });
  expect(code).toBe(2);
  expect(stderr).toContain('webhooks[0].secret is …, allowed "whsec_" and 24 to 64 bytes as base64');
  expect(stderr).not.toContain(secret.slice(6));
});

test("the receiver of the guide takes what a server sends, once, and refuses what is not signed", async () => {
  const guide = readDocument("docs/webhooks.md");
  const receiver = fencesOf(guide).find(({ info }) => info === "js");
  expect(receiver?.body).toMatch(/^\/\/ receiver\.mjs\n/);
  await mkdir(`${ROOT}test/.types`, { recursive: true });
  // Inside the repository, so that the library is found.
  const folder = await mkdtemp(`${ROOT}test/.types/guide-`);
  await writeFile(path.join(folder, "receiver.mjs"), receiver?.body ?? "");
  const [port, secret] = [await freePort(), newSecret()];
  const environment = { PORT: String(port), STAGEWIRE_WEBHOOK_SECRET: secret };
  await using running = startProcess(process.execPath, [path.join(folder, "receiver.mjs")], { env: environment });
  await using model = await startScriptedModel();
  await using data = await temporaryFolder();
  model.answer(answerOf);
  await using server = await startServerProcess({
    data: data.path,
    port: await freePort(),
    env: {
      OPENAI_BASE_URL: model.baseUrl,
      STAGEWIRE_MODEL: "scripted",
      STAGEWIRE_WEBHOOK_URL: `http://127.0.0.1:${port}/hook`,
      STAGEWIRE_WEBHOOK_SECRET: secret,
    },
  });
  await using client = plainClient(server.url);
  await client.trpc.runs.start.mutate({ task: "build it", options: { maxRefinements: 0 } });
  await running.printed("build it: completed\n");
  const answer = await fetch(`http://127.0.0.1:${port}/hook`, { method: "POST", body: "{}" });
  expect(answer.status).toBe(401);
  running.child.kill("SIGKILL");
  const { stdout } = await running.result;
  expect(stdout).toBe(
    [
      "build it: architecture 0 completed",
      "build it: implementation 0 completed",
      "build it: review 0 completed",
      "build it: documentation 0 completed",
      "build it: completed",
      "",
    ].join("\n"),
  );
  await rm(folder, { recursive: true });
});

test("the body in PROTOCOL.md is one, with every field", () => {
  const { body } = fencesOf(readDocument("PROTOCOL.md")).find(({ info }) => info === "json webhook") ?? { body: "" };
  const shown: unknown = JSON.parse(body);
  const parsed = webhookPayloadSchema.parse(shown);
  expect(parsed).toEqual(shown);
  expect(parsed.timestamp).toBe(new Date(parsed.data.at).toISOString());
  expect(Object.keys(parsed)).toEqual(Object.keys(webhookPayloadSchema.shape));
});
