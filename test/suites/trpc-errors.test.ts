import { describe, expect, test } from "vitest";
import { openRawSocket, type RawAnswer } from "../support/raw-socket.js";
import { openScene } from "../support/scene.js";
import { startServer } from "../support/start-server.js";

/** A code, a message that names what is wrong, and nothing of the server's inside. */
function expectError(answer: RawAnswer, reason: string, message: RegExp): void {
  const { error } = answer;
  expect(error?.data.reason).toBe(reason);
  expect(error?.message).toMatch(message);
  expect(error?.message.startsWith(`${reason}: `)).toBe(true);
  expectNothingInternal(JSON.stringify(answer));
}

function expectNothingInternal(text: string): void {
  expect(text).not.toMatch(/"stack"|node_modules|\.ts:|\.js:|file:\/\/|at async |process\.cwd/);
  expect(text).not.toContain(process.cwd());
}

const START = (input: unknown) => ({ id: 1, method: "mutation", params: { path: "runs.start", input } });

describe("wrong messages on the socket", () => {
  test.each([
    ["not JSON", "hello", /not a message of the protocol/],
    ["JSON without a method", JSON.stringify({ id: 1 }), /INVALID_INPUT/],
    ["an unknown method", JSON.stringify({ id: 1, method: "delete", params: { path: "runs.get" } }), /procedure type/],
    [
      "an unknown procedure",
      JSON.stringify({ id: 1, method: "query", params: { path: "runs.destroy" } }),
      /^NOT_FOUND: .*runs\.destroy/,
    ],
    [
      "a mutation called as a query",
      JSON.stringify({ id: 1, method: "query", params: { path: "runs.start" } }),
      /^NOT_FOUND: .*(runs\.start|query)/,
    ],
    ["no id", JSON.stringify({ id: null, method: "query", params: { path: "server.info" } }), /id/],
    ["a number", "42", /INVALID_INPUT/],
    ["null", "null", /INVALID_INPUT/],
    [
      "a prototype key as a procedure",
      JSON.stringify({ id: 1, method: "query", params: { path: "__proto__.constructor" } }),
      /^NOT_FOUND: /,
    ],
  ])("%s: is told, and the socket goes on", async (_, text, message) => {
    await using server = await startServer();
    await using socket = await openRawSocket(server.url);
    socket.sendText(text);
    expectError(await socket.next(), message.source.startsWith("^NOT_FOUND") ? "NOT_FOUND" : "INVALID_INPUT", message);
    socket.send({ id: 7, method: "query", params: { path: "server.info" } });
    expect(await socket.next()).toMatchObject({ id: 7, result: { type: "data" } });
  });

  test("an array is a batch: each of its messages is answered", async () => {
    await using server = await startServer();
    await using socket = await openRawSocket(server.url);
    socket.send([
      { id: 1, method: "query", params: { path: "server.info" } },
      { id: 2, method: "query", params: { path: "runs.get", input: { runId: "nobody" } } },
    ]);
    const answers = [await socket.next(), await socket.next()].toSorted((a, b) => Number(a.id) - Number(b.id));
    expect(answers[0]).toMatchObject({ id: 1, result: { data: { name: "stagewire", protocol: 1 } } });
    expectError(answers[1] as RawAnswer, "RUN_NOT_FOUND", /"nobody"/);
  });

  test("a message that is too big closes the socket with 1009, and no other", async () => {
    await using server = await startServer({ maxMessageBytes: 4_096 });
    await using socket = await openRawSocket(server.url);
    await using other = await openRawSocket(server.url);
    socket.sendText("x".repeat(5_000));
    expect(await socket.closed).toBe(1009);
    other.send({ id: 1, method: "query", params: { path: "server.info" } });
    expect(await other.next()).toMatchObject({ id: 1, result: { type: "data" } });
  });

  test("connection parameters that are announced and never come close the socket with 4408", async () => {
    await using server = await startServer();
    await using socket = await openRawSocket(server.url, "/trpc?connectionParams=1");
    await using admitted = await openRawSocket(server.url, "/trpc?connectionParams=1");
    admitted.send({ method: "connectionParams", data: { token: "any" } });
    expect(await socket.closed).toBe(4408);
    admitted.send({ id: 1, method: "query", params: { path: "server.info" } });
    expect(await admitted.next()).toMatchObject({ id: 1, result: { type: "data" } });
  });
});

describe("wrong input", () => {
  test.each([
    ["an empty task", { task: "  \n" }, "INVALID_INPUT", /task: it is empty/],
    ["a task that is too big", { task: "é".repeat(600) }, "INVALID_INPUT", /1200 bytes.*1024.*maxTaskBytes/],
    ["no task", {}, "INVALID_INPUT", /task/],
    ["no input", undefined, "INVALID_INPUT", /object/],
    ["an unknown pipeline", { task: "x", pipeline: "destroy" }, "PIPELINE_NOT_FOUND", /"destroy".*build/],
    ["an unknown option", { task: "x", options: { maxTokenz: 1 } }, "INVALID_INPUT", /options.*maxTokenz/],
    [
      "maxRefinements 11",
      { task: "x", options: { maxRefinements: 11 } },
      "INVALID_INPUT",
      /options\.maxRefinements.*10/,
    ],
    [
      "maxRefinements above the server's",
      { task: "x", options: { maxRefinements: 6 } },
      "INVALID_INPUT",
      /maxRefinements is 6, allowed 0–5/,
    ],
    [
      "a gate at no stage",
      { task: "x", options: { gates: ["polish"] } },
      "INVALID_INPUT",
      /options\.gates.*"polish".*architecture/,
    ],
    [
      "a model for no stage",
      { task: "x", options: { models: { polish: "m" } } },
      "INVALID_INPUT",
      /options\.models.*"polish"/,
    ],
    ["a budget of nothing", { task: "x", options: { maxTokens: 0 } }, "INVALID_INPUT", /options\.maxTokens/],
    [
      "a parent that is not there",
      { task: "x", parent: { runId: "nobody", fromStage: "review" } },
      "RUN_NOT_FOUND",
      /"nobody"/,
    ],
  ])("%s: %s", async (_, input, reason, message) => {
    await using server = await startServer({ maxTaskBytes: 1_024, maxRefinements: 5 });
    await using socket = await openRawSocket(server.url);
    socket.send(START(input));
    expectError(await socket.next(), reason, message);
    expect((await server.engine.list({})).runs).toEqual([]);
  });

  test.each([
    ["runs.get", { runId: "../../etc/passwd" }, /runId: a run id has/],
    ["runs.get", { runId: "x".repeat(65) }, /runId: a run id has/],
    ["runs.get", {}, /runId/],
    ["runs.list", { limit: 1_000 }, /limit/],
    ["runs.list", { status: "tired" }, /status/],
    ["runs.list", { cursor: "???" }, /cursor/i],
  ])("%s %j", async (path, input, message) => {
    await using server = await startServer();
    await using socket = await openRawSocket(server.url);
    socket.send({ id: 1, method: "query", params: { path, input } });
    const answer = await socket.next();
    expect(answer.error?.data.reason).toMatch(/^(INVALID_INPUT|CURSOR_UNRECOVERABLE)$/);
    expect(answer.error?.message).toMatch(message);
    expectNothingInternal(JSON.stringify(answer));
  });

  test.each([
    [{ type: "explode" }, /command/],
    [{ type: "cancel" }, /command\.when/],
    [{ type: "skip", target: "everything", when: "now" }, /command\.target/],
    [{ type: "guide", text: "" }, /command\.text/],
  ])("the command %j", async (command, message) => {
    await using scene = await openScene();
    const { runId } = await scene.start();
    await using socket = await openRawSocket(scene.server.url);
    socket.send({
      id: 1,
      method: "mutation",
      params: { path: "runs.control", input: { commandId: "c", runId, command } },
    });
    expectError(await socket.next(), "INVALID_INPUT", message);
    expect((await scene.client.trpc.runs.get.query({ runId })).controls).toEqual([]);
  });

  test("what fails inside the server stays there", async () => {
    await using server = await startServer();
    Object.assign(server.engine, {
      get: () => Promise.reject(new TypeError(`no such thing in ${process.cwd()}/secret.ts`)),
    });
    await using socket = await openRawSocket(server.url);
    socket.send({ id: 1, method: "query", params: { path: "runs.get", input: { runId: "any" } } });
    const answer = await socket.next();
    expectError(answer, "INTERNAL", /its log has the details/);
    expect(JSON.stringify(answer)).not.toContain("secret");
  });

  test("the subscription that is one too many, until another one ends", async () => {
    await using scene = await openScene({ maxSubscriptionsPerSocket: 2 });
    const { runId, seen } = await scene.start();
    const second = scene.client.watch(runId);
    await Promise.all([seen.until(() => true), second.until(() => true)]);
    const third = scene.client.watch(runId);
    await expect(third.ended).rejects.toMatchObject({
      message: expect.stringMatching(/^TOO_MANY_REQUESTS: .*2 subscriptions.*maxSubscriptionsPerSocket/) as string,
      data: { reason: "TOO_MANY_REQUESTS" },
    });
    second.stop();
    await scene.client.trpc.server.info.query();
    const fourth = scene.client.watch(runId);
    expect(await fourth.until(() => true)).toMatchObject({ type: "run_start" });
  });
});
