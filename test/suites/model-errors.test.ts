import { createServer as createTcpServer } from "node:net";
import { describe, expect, test } from "vitest";
import { openHouse } from "../support/house.js";
import type { ModelCall } from "../support/scripted-model.js";
import {
  endings,
  expectContinuity,
  fold,
  is,
  isEnd,
  isToken,
  of,
  openScene,
  placesOf,
  verdict,
} from "../support/scene.js";

interface Case {
  what: string;
  play(call: ModelCall): void;
  code: string;
  message: RegExp;
}

const FATAL: Case[] = [
  {
    what: "401",
    play: (call) => call.refuse(401, "Incorrect API key provided: sk-top-secret-key"),
    code: "MODEL_AUTH",
    message: /401.*OPENAI_API_KEY/,
  },
  { what: "403", play: (call) => call.refuse(403, "not yours"), code: "MODEL_AUTH", message: /403/ },
  {
    what: "404",
    play: (call) => call.refuse(404, "no such model"),
    code: "MODEL_NOT_FOUND",
    message: /"scripted".*404/,
  },
  {
    what: "400",
    play: (call) => call.refuse(400, "too long a prompt"),
    code: "MODEL_REJECTED",
    message: /too long a prompt/,
  },
  {
    what: "an answer that is filtered",
    play(call) {
      call.write("I should not ");
      call.end("content_filter");
    },
    code: "MODEL_CONTENT_FILTERED",
    message: /content filter/,
  },
];

const RETRIED: Case[] = [
  { what: "500", play: (call) => call.refuse(500, "down"), code: "MODEL_UNAVAILABLE", message: /500.*down/ },
  {
    what: "429",
    play: (call) => call.refuse(429, "slow down", { "retry-after": "2" }),
    code: "MODEL_RATE_LIMITED",
    message: /429.*2 s/,
  },
  {
    what: "a connection that is closed without an answer",
    play: (call) => call.cut(),
    code: "MODEL_UNREACHABLE",
    message: /closed the connection/,
  },
  {
    what: "nonsense in the stream",
    play: (call) => call.raw('data: {"choices": nonsense}\n\n'),
    code: "MODEL_BAD_RESPONSE",
    message: /not JSON/,
  },
  {
    what: "an end without a finish",
    play(call) {
      call.write("and then");
      call.hangUp();
    },
    code: "MODEL_STREAM_CUT",
    message: /before the answer/,
  },
];

describe("an error that trying again would not mend fails the run at once", () => {
  test.each(FATAL)("$what: $code", async ({ play, code, message }) => {
    await using scene = await openScene({ openaiApiKey: "sk-top-secret-key", maxAttempts: 4 });
    const { runId, seen } = await scene.start();
    play(await scene.reach("implementation"));
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });
    const errors = of(seen.events, "error");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      code,
      fatal: true,
      retryable: false,
      stage: "implementation",
      iteration: 0,
      attempt: 1,
    });
    expect(errors[0]).not.toHaveProperty("retryInMs");
    expect(errors[0]?.message).toMatch(message);
    expect(JSON.stringify(seen.events)).not.toContain("sk-top-secret-key");
    expect(endings(seen.events)).toEqual(["architecture 0 completed", "implementation 0 failed"]);
    expect(placesOf(scene.model)).toEqual(["architecture 0", "implementation 0"]);
    expect(await scene.client.trpc.runs.get.query({ runId })).toMatchObject({ status: "failed" });
  });
});

describe("an error that may pass is told, and the step tried again", () => {
  test.each(RETRIED)("$what: $code", async ({ play, code, message }) => {
    await using scene = await openScene({ maxAttempts: 2 });
    const { seen } = await scene.start({ maxRefinements: 0 });
    const failing = await scene.reach("architecture");
    play(failing);
    const error = await seen.until(is("error"));
    expect(error).toMatchObject({ code, fatal: false, retryable: true, stage: "architecture", attempt: 1 });
    const [told] = of(seen.events, "error");
    expect(told?.message).toMatch(message);
    expect(told?.retryInMs).toBeGreaterThanOrEqual(code === "MODEL_RATE_LIMITED" ? 2_000 : 1_000);
    expect(await seen.until(is("progress", { phase: "retrying" }))).toMatchObject({ stage: "architecture" });

    const again = await scene.model.next();
    const start = await seen.until(is("stage_start", { attempt: 2 }));
    expect(start).toMatchObject({ cause: "retry", stage: "architecture" });
    expect(start.at - error.at).toBeGreaterThanOrEqual((told?.retryInMs ?? 0) - 50);
    again.write("well again");
    again.end();
    scene.model.answer(() => verdict(true));
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    expect(of(seen.events, "stage_complete")[0]).toMatchObject({
      attempt: 2,
      outcome: "completed",
      output: "well again",
    });
    expectContinuity(seen.events);
  });

  test("what a failed attempt wrote is void", async () => {
    await using scene = await openScene({ maxAttempts: 2 });
    const { runId, seen } = await scene.start({ maxRefinements: 0 });
    const cut = await scene.reach("architecture");
    cut.write("void text");
    await seen.until(isToken);
    cut.cut();
    expect(await seen.until(is("error"))).toMatchObject({ code: "MODEL_STREAM_CUT", retryable: true, fatal: false });
    const again = await scene.model.next();
    await seen.until(is("stage_start", { attempt: 2 }));
    again.write("good");
    await seen.until(is("token", { attempt: 2, offset: 0 }));
    expect(fold(seen.events).steps[0]).toMatchObject({ attempt: 2, output: "good", status: "running", failures: 1 });
    const late = scene.client.watch(runId);
    await late.until(isToken);
    expect(of(late.events, "token").map(({ text }) => text)).toEqual(["good"]);
    again.end();
    await scene.reach("implementation");
    expect(of(seen.events, "stage_complete")[0]?.output).toBe("good");
  });

  test("as often as maxAttempts says, in one step; the next step has as many again", async () => {
    await using scene = await openScene({ maxAttempts: 2 });
    const { seen } = await scene.start({ maxRefinements: 0 });
    (await scene.reach("architecture")).refuse(503, "busy");
    (await scene.model.next()).end();
    (await scene.model.next()).refuse(503, "busy");
    (await scene.model.next()).refuse(502, "gone");
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });
    expect(
      of(seen.events, "error").map(({ stage, attempt, fatal, retryable }) => ({ stage, attempt, fatal, retryable })),
    ).toEqual([
      { stage: "architecture", attempt: 1, fatal: false, retryable: true },
      { stage: "implementation", attempt: 1, fatal: false, retryable: true },
      { stage: "implementation", attempt: 2, fatal: true, retryable: true },
    ]);
    expect(endings(seen.events)).toEqual(["architecture 0 completed", "implementation 0 failed"]);
  });
});

test("a server that is not there", async () => {
  const probe = createTcpServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  await using scene = await openScene({ openaiBaseUrl: `http://127.0.0.1:${port}/v1`, maxAttempts: 1 });
  const { seen } = await scene.start();
  expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });
  const [error] = of(seen.events, "error");
  expect(error).toMatchObject({ code: "MODEL_UNREACHABLE", fatal: true, retryable: true });
  expect(error?.message).toContain(String(port));
});

test("a server that accepts and says nothing, or falls silent", async () => {
  await using scene = await openScene({ firstTokenTimeoutMs: 200, stallTimeoutMs: 200, maxAttempts: 1 });
  const silent = await scene.start();
  const first = await scene.model.next();
  await silent.seen.until(isEnd);
  await first.closed;
  const stalled = await scene.start();
  const second = await scene.model.next();
  second.write("one moment");
  await stalled.seen.until(isEnd);
  await second.closed;
  expect(of(silent.seen.events, "error")[0]).toMatchObject({ code: "MODEL_TIMEOUT", fatal: true });
  expect(of(silent.seen.events, "error")[0]?.message).toMatch(/no first token within 200 ms/);
  expect(of(stalled.seen.events, "error")[0]?.message).toMatch(/stalled/);
  expect(of(stalled.seen.events, "stage_complete")[0]).toMatchObject({
    outcome: "failed",
    output: "one moment",
    usage: { estimated: true },
  });
});

test("an answer that was cut off at the model's length limit counts, and is told", async () => {
  await using scene = await openScene();
  const { seen } = await scene.start({ maxRefinements: 0 });
  const call = await scene.reach("architecture");
  call.write("as long as it w");
  call.end("length");
  expect(await seen.until(is("error"))).toMatchObject({
    code: "MODEL_OUTPUT_TRUNCATED",
    fatal: false,
    retryable: false,
  });
  scene.model.answer(() => verdict(true));
  expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
  expect(of(seen.events, "stage_complete")[0]).toMatchObject({ outcome: "completed", output: "as long as it w" });
});

describe("models to fall back to", () => {
  const FALLBACK = { maxAttempts: 2, fallbackModels: ["second", "third"] };

  test("each has its own tries, is asked at once, and only for this step", async () => {
    await using scene = await openScene(FALLBACK);
    const { runId, seen } = await scene.start({ maxRefinements: 0 });
    (await scene.model.next()).refuse(503, "busy");
    (await scene.model.next()).refuse(503, "busy");
    const second = await scene.model.next();
    second.write("half an ans");
    await seen.until(is("token", { attempt: 3 }));
    second.hangUp();
    (await scene.model.next()).refuse(404, "no such model");
    const third = await scene.model.next();
    third.write("the third's answer");
    third.end();
    scene.model.answer(() => verdict(true));
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });

    const starts = of(seen.events, "stage_start").map(({ stage, attempt, model, cause }) => [
      stage,
      attempt,
      model,
      cause,
    ]);
    expect(starts).toEqual([
      ["architecture", 1, "scripted", "next"],
      ["architecture", 2, "scripted", "retry"],
      ["architecture", 3, "second", "fallback"],
      ["architecture", 4, "second", "retry"],
      ["architecture", 5, "third", "fallback"],
      ["implementation", 1, "scripted", "next"],
      ["review", 1, "scripted", "next"],
      ["documentation", 1, "scripted", "next"],
    ]);
    expect(scene.model.calls.map(({ body }) => body.model)).toEqual(starts.map(([, , model]) => model));
    const errors = of(seen.events, "error");
    expect(errors.map(({ code, fatal, attempt }) => [code, fatal, attempt])).toEqual([
      ["MODEL_UNAVAILABLE", false, 1],
      ["MODEL_UNAVAILABLE", false, 2],
      ["MODEL_STREAM_CUT", false, 3],
      ["MODEL_NOT_FOUND", false, 4],
    ]);
    expect(errors.map(({ retryInMs = -1 }) => retryInMs >= 1_000)).toEqual([true, false, true, false]);
    expect(errors.map(({ retryInMs }) => retryInMs).filter((ms) => ms === 0)).toHaveLength(2);
    expect(of(seen.events, "stage_complete")[0]).toMatchObject({ attempt: 5, output: "the third's answer" });
    const view = await scene.client.trpc.runs.get.query({ runId });
    expect(view.errors.map(({ model }) => model)).toEqual(["scripted", "scripted", "second", "second"]);
    expect(view.usageByModel.map(({ model }) => model)).toEqual(["second", "third", "scripted"]);
    expect(fold(seen.events)).toEqual(view);
    expectContinuity(seen.events);
  });

  test("after the last one the run fails", async () => {
    await using scene = await openScene({ ...FALLBACK, maxAttempts: 1 });
    const { seen } = await scene.start();
    for (const status of [500, 404, 429]) (await scene.model.next()).refuse(status, "no");
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });
    expect(of(seen.events, "error").map(({ code, fatal, retryInMs }) => [code, fatal, retryInMs])).toEqual([
      ["MODEL_UNAVAILABLE", false, 0],
      ["MODEL_NOT_FOUND", false, 0],
      ["MODEL_RATE_LIMITED", true, undefined],
    ]);
  });

  test("an error that another model would meet too ends the run at once", async () => {
    await using scene = await openScene(FALLBACK);
    const { seen } = await scene.start();
    (await scene.model.next()).refuse(401, "who are you?");
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "failed" });
    expect(of(seen.events, "error").map(({ code, fatal }) => [code, fatal])).toEqual([["MODEL_AUTH", true]]);
    expect(scene.model.calls).toHaveLength(1);
  });

  test("the next server goes on with the model that was asked last", async () => {
    await using house = await openHouse(FALLBACK);
    const before = await house.restart();
    const runId = await before.start();
    (await house.model.next()).refuse(404, "no such model");
    expect((await house.model.next()).body.model).toBe("second");
    const after = await house.restart();
    const again = await house.model.next();
    expect(again.body.model).toBe("second");
    const seen = after.client.watch(runId);
    expect(await seen.until(is("stage_start", { attempt: 3 }))).toMatchObject({ model: "second", cause: "recovered" });
    again.refuse(404, "no such model");
    expect((await house.model.next()).body.model).toBe("third");
    expect(await seen.until(is("stage_start", { attempt: 4 }))).toMatchObject({ model: "third", cause: "fallback" });
  });

  test("a budget in dollars needs their prices too", async () => {
    const price = { input: 1, output: 1 };
    await using scene = await openScene({ ...FALLBACK, prices: { scripted: price, second: price } });
    await expect(scene.start({ maxCostUsd: 1 })).rejects.toThrow(/no price is configured for the model "third"/);
  });
});
