import { initialView } from "@stagewire/shared";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { statusLine } from "../../client/cli/src/render/status-line.js";
import { cli, startCli } from "../support/cli-process.js";
import { answerOf, placeOf, promptOf, reach } from "../support/scene.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";

let model: ScriptedModel;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;

beforeEach(async () => {
  model = await startScriptedModel();
  folder = await temporaryFolder();
  const env = { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "m", STAGEWIRE_MAX_ATTEMPTS: "1" };
  server = await startServerProcess({ data: folder.path, port: await freePort(), env });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** The command, talking to the server of this test. */
const here = (...args: string[]) => cli([...args, "--url", server.url]);

async function startRun(...args: string[]): Promise<string> {
  const { code, stdout } = await here("run", "a URL shortener", "--detach", ...args);
  expect(code).toBe(8);
  return stdout.trim();
}

function lines(stdout: string): { type: string; [key: string]: unknown }[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string });
}

describe("pause, guide, resume", () => {
  test("the run pauses before its next step, is guided, and goes on with the guidance", async () => {
    const id = await startRun();
    const architecture = await model.next();
    await using watching = startCli(["watch", id, "--url", server.url]);
    const paused = await here("pause", "last");
    expect(paused).toMatchObject({ code: 0, stderr: "" });
    expect(paused.stdout).toMatch(new RegExp(`^Run ${id} pauses once the running step has ended \\(#\\d+\\)\\n$`));
    expect(await here("pause", id)).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: Run ${id} was not paused: it is paused already, or will be before its next step\n`,
    });

    architecture.write("The plan.");
    architecture.end();
    await watching.printed(`Paused before Implementation: npx stagewire resume ${id} --url ${server.url}\n`);
    expect(model.calls).toHaveLength(1);
    const left = await here("watch", id, "--timeout", "500ms");
    expect(left.code).toBe(8);
    expect(left.stderr).toContain(`Run ${id} is still paused: npx stagewire resume ${id} --url ${server.url}\n`);

    expect((await here("guide", id, "use no framework")).stdout).toMatch(
      / is guided from its next step on \(#\d+\)\n$/,
    );
    const piped = await cli(["guide", id, "-", "--json", "--url", server.url], { input: "and no comments\n" });
    expect(lines(piped.stdout)).toMatchObject([
      { type: "hello", runId: id },
      { type: "ack", outcome: "applied" },
      { type: "exit", code: 0 },
    ]);
    expect((await here("resume", id)).stdout).toMatch(new RegExp(`^Run ${id} goes on \\(#\\d+\\)\\n$`));
    expect(promptOf(await model.next())).toMatch(/use no framework[^]*and no comments/);
    expect((await here("resume", id)).stderr).toBe(`error: Run ${id} was not resumed: it is not paused\n`);
    expect((await here("cancel", id)).code).toBe(0);
    expect((await watching.result).code).toBe(3);
  });

  test.each([
    { args: ["guide", "last"], says: "guide takes a run and one text" },
    { args: ["guide", "last", " "], says: "the guidance is empty" },
    { args: ["guide", "last", "-"], says: "the guidance on stdin is empty" },
    { args: ["guide", "last", "x".repeat(20_001)], says: "20001 characters, at most 20000" },
    { args: ["pause"], says: "pause takes one run" },
    { args: ["resume", "a", "b"], says: "resume takes one run" },
    { args: ["fork", "last"], says: "fork needs --from <stage>" },
    { args: ["run", "x", "--max-tokens", "0"], says: '--max-tokens is "0", allowed 1–' },
  ])("$args.0 with $args.length words that make no sense is a usage error", async ({ args, says }) => {
    // A blank on stdin, since a stdin that stays open would be waited for.
    const { code, stdout, stderr } = await cli([...args, "--url", server.url], { input: " " });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
  });

  test("the status line tells how to go on", () => {
    const facts = {
      connection: { status: "open", since: 0, transport: "websocket" },
      resume: "npx stagewire resume k3f9",
      now: 0,
      eventAt: 0,
    } as const;
    const progress = { seq: 5, at: 0, phase: "paused", elapsedMs: 0, message: "" } as const;
    const view = { ...initialView("k3f9"), seq: 5, paused: true };
    expect(statusLine({ ...facts, view: { ...view, progress } })).toContain("▸ paused: npx stagewire resume k3f9 ·");
    expect(statusLine({ ...facts, view })).toContain("▸ pauses after this step ·");
  });
});

describe("run", () => {
  test("--gate pauses before each of its stages until the run is resumed", async () => {
    await using running = startCli([
      ...["run", "a URL shortener", "--gate", "implementation", "--gate", "documentation", "--max-tokens", "100000"],
      ...["--json", "--url", server.url],
    ]);
    model.answer(answerOf);
    await running.printed("Paused before Implementation");
    expect(model.calls.map(placeOf)).toEqual(["architecture 0"]);
    expect((await here("list", "--status", "paused")).stdout).toContain("a URL shortener");
    expect((await here("resume", "last")).code).toBe(0);
    await running.printed("Paused before Documentation");
    expect((await here("resume", "last")).code).toBe(0);
    const { code, stdout } = await running.result;
    expect(code).toBe(0);
    expect(lines(stdout)[1]).toMatchObject({
      type: "run_start",
      options: { gates: ["implementation", "documentation"], maxTokens: 100_000 },
    });
  });

  test("a gate before no stage is a usage error that names the stages", async () => {
    const { code, stderr } = await here("run", "a URL shortener", "--gate", "polish");
    expect(code).toBe(2);
    expect(stderr).toMatch(/no stage "polish"; its stages are architecture, implementation/);
  });

  test("--max-tokens ends the run once they are used up", async () => {
    model.answer(answerOf);
    const { code, stderr } = await here("run", "a URL shortener", "--max-tokens", "1");
    expect(code).toBe(1);
    expect(stderr).toContain("(BUDGET_EXCEEDED)");
  });
});

describe("retry and fork", () => {
  test("retry goes on from the step that failed, and shows the new run to its end", async () => {
    const id = await startRun();
    (await reach(model, "implementation")).refuse(401, "wrong key");
    expect((await here("watch", id)).code).toBe(1);
    const before = model.calls.length;
    model.answer(answerOf);
    const { code, stdout, stderr } = await here("retry", id);
    expect(code).toBe(0);
    expect(stdout).toContain("text of documentation");
    expect(stderr).toMatch(/^Run \S+ finished in /m);
    expect(model.calls.slice(before).map(placeOf)[0]).toBe("implementation 0");
    expect(promptOf(model.calls[before]!)).toContain("text of architecture 0");
  });

  test("retry of a run that goes on is refused", async () => {
    const id = await startRun();
    expect(await here("retry", id)).toMatchObject({ code: 2, stdout: "" });
    expect((await here("retry", id)).stderr).toContain(`run ${id} has not ended`);
    expect((await here("cancel", id)).code).toBe(0);
  });

  test("fork takes over what came before the stage, with another task, and can be left alone", async () => {
    model.answer(answerOf);
    const parent = await startRun();
    expect((await here("watch", parent)).code).toBe(0);
    const before = model.calls.length;
    const forked = await here(
      "fork",
      parent,
      "--from",
      "review",
      "--task",
      "the same in Go",
      "--gate",
      "documentation",
      "-d",
    );
    expect(forked.code).toBe(8);
    const id = forked.stdout.trim();
    expect(forked.stderr).toContain(`${server.url}/runs/${id}\n`);
    await using watching = startCli(["watch", id, "--json", "--url", server.url]);
    await watching.printed("Paused before Documentation");
    expect((await here("resume", id)).code).toBe(0);
    const { code, stdout } = await watching.result;
    expect(code).toBe(0);
    expect(lines(stdout)[1]).toMatchObject({
      type: "run_start",
      task: "the same in Go",
      options: { gates: ["documentation"] },
      parent: { runId: parent, fromStage: "review" },
    });
    expect(model.calls.slice(before).map(placeOf)[0]).toBe("review 0");

    const wrong = await here("fork", parent, "--from", "polish");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/no stage "polish"; its stages are architecture/);
    expect((await here("fork", "nosuchrun", "--from", "review")).code).toBe(6);
  });
});
