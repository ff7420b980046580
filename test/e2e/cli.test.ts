import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import type { RunEvent } from "@stagewire/shared";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { COMMAND_NAMES } from "../../client/cli/src/command-table.js";
import { type AimockAnswer, type AimockProcess, startAimock } from "../support/aimock-process.js";
import { approvingReview } from "../support/answers.js";
import { checkLog } from "../support/check-log.js";
import { CLI, cli, startCli, startProcess } from "../support/cli-process.js";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";

// Each test starts the command several times, which takes a busy machine a while.
vi.setConfig({ testTimeout: 60_000 });

const DOCUMENT = "# The document\n\nWith 日本語 and 🧵.";
const PLAN = "The plan: \u001b[31mred\u001b[0m.";
// oxlint-disable-next-line no-control-regex
const ANSI = /\u001b/;

/** Answers at full speed, except for tasks that say SLOW or REFUSED. */
const ANSWERS: AimockAnswer[] = [
  {
    when: { user: "REFUSED" },
    response: { error: { message: "not for you", type: "invalid_request_error" }, status: 400 },
  },
  { when: { user: "SLOW" }, response: { content: "slow ".repeat(2_000) }, chunkSize: 5, streamingProfile: { tps: 10 } },
  { when: { system: "the verdict" }, response: { content: approvingReview(true) } },
  { when: { system: "You are the software architect" }, response: { content: PLAN } },
  { response: { content: DOCUMENT } },
];

let aimock: AimockProcess;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;

beforeAll(async () => {
  aimock = await startAimock(ANSWERS);
  folder = await temporaryFolder();
  server = await startServerProcess({ data: path.join(folder.path, "data"), port: await freePort(), env: model() });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await aimock[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function model(): Record<string, string> {
  return { OPENAI_BASE_URL: aimock.baseUrl, STAGEWIRE_MODEL: "m", STAGEWIRE_MAX_ATTEMPTS: "1" };
}

/** The command, talking to the server of these tests. */
const here = (...args: string[]) => cli([...args, "--url", server.url]);

async function startRun(task: string): Promise<string> {
  const { code, stdout } = await here("run", task, "--detach");
  expect(code).toBe(8);
  return stdout.trim();
}

function lines(stdout: string): { type: string; [key: string]: unknown }[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string });
}

describe("in a pipe", () => {
  test("stdout is the document and nothing else; stderr tells the stages, without ANSI", async () => {
    const { code, stdout, stderr } = await here("run", "a URL shortener");
    expect(stdout).toBe(`${DOCUMENT}\n`);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(ANSI);
    const told = stderr.trimEnd().split("\n");
    expect(told[0]).toMatch(new RegExp(`^${server.url}/runs/\\S+$`));
    expect(told).toContain("architecture 1/5 started (m)");
    expect(stderr).toMatch(/^review 3\/5 completed in .*, approved$/m);
    expect(told.at(-1)).toMatch(/^Run \S+ finished in /);
  });

  test("--quiet says nothing else, and --stage picks that stage's output", async () => {
    expect(await here("run", "a URL shortener", "--quiet", "--stage", "architecture")).toEqual({
      code: 0,
      stdout: `${PLAN}\n`,
      stderr: "",
    });
  });

  test("-o writes the result to a file, and the task can come from a file or stdin", async () => {
    const task = path.join(folder.path, "task.md");
    const result = path.join(folder.path, "result.md");
    await writeFile(task, "007");
    const fromFile = await here("run", "-f", task, "-o", result);
    expect(fromFile).toMatchObject({ code: 0, stdout: "" });
    expect(await readFile(result, "utf8")).toBe(`${DOCUMENT}\n`);
    const fromStdin = await cli(["run", "-", "--json", "--url", server.url], { input: "1e5" });
    expect(lines(fromStdin.stdout)[1]).toMatchObject({ type: "run_start", task: "1e5" });
  });

  test("the reader that has seen enough ends it quietly", async () => {
    await startRun("a URL shortener SLOW");
    const pipeline = `set -o pipefail; "${process.execPath}" "${CLI}" watch last --json --url ${server.url} | head -5`;
    await using running = startProcess("bash", ["-c", pipeline], {});
    const { code, stdout, stderr } = await running.result;
    expect(stdout.trimEnd().split("\n")).toHaveLength(5);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect((await here("cancel", "last")).code).toBe(0);
  });
});

describe("--json", () => {
  test("prints hello, the server's events as they are, and exit", async () => {
    const { code, stdout, stderr } = await here("run", "a URL shortener", "--json");
    const [hello, ...rest] = lines(stdout);
    const exit = rest.pop();
    expect(hello).toMatchObject({ type: "hello", protocol: 1, version: "0.1.0", url: server.url });
    const view = checkLog(rest as unknown as RunEvent[]);
    expect(view).toMatchObject({ runId: hello?.["runId"], status: "completed", output: DOCUMENT });
    expect(exit).toMatchObject({ type: "exit", code: 0, status: "completed", seq: view.seq });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("watch goes on from a cursor", async () => {
    const run = await here("run", "a URL shortener", "--json");
    const events = lines(run.stdout).slice(1, -1) as unknown as RunEvent[];
    const last = events.at(-1);
    const { stdout } = await here("watch", last?.runId ?? "", "--json", "--from", `1-${(last?.seq ?? 0) - 1}`);
    expect(lines(stdout).map(({ type }) => type)).toEqual(["hello", "run_complete", "exit"]);
  });

  test("list gives one run a line", async () => {
    const id = await startRun("a URL shortener, to be listed");
    const { code, stdout } = await here("list", "--limit", "1", "--json");
    expect(code).toBe(0);
    expect(lines(stdout)[1]).toMatchObject({ type: "run", runId: id, title: "a URL shortener, to be listed" });
  });
});

describe("show and open", () => {
  test("show tells how a run stands, by a prefix of its id", async () => {
    await here("run", "a URL shortener", "--refinements", "1", "--quiet");
    const id = (await here("list", "--quiet", "--limit", "1")).stdout.trim();
    const { code, stdout, stderr } = await here("show", id.slice(0, -3));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^Run ${id} {2}completed in `));
    expect(stdout).toContain(`Page      ${server.url}/runs/${id}\n`);
    expect(stdout).toContain("Options   maxRefinements 1\n");
    expect(stdout).toMatch(/^✓ architecture 1\/5 +\d.*m$/m);
    expect(stdout).toMatch(/^✓ review 3\/5 .*approved/m);
    expect(stdout).not.toMatch(ANSI);
    const [hello, view, exit] = lines((await here("show", "--json")).stdout);
    expect(hello).toMatchObject({ type: "hello", runId: id });
    expect(view).toMatchObject({ type: "view", runId: id, status: "completed", output: DOCUMENT });
    expect(exit).toMatchObject({ type: "exit", code: 0, status: "completed" });
  });

  test("a failed run shows its error whole, and what to do next", async () => {
    await here("run", "REFUSED");
    const { stdout } = await here("show");
    expect(stdout).toMatch(/^✗ architecture 1\/5 +failed /m);
    expect(stdout).toMatch(/^ {2}#\d+ architecture: .*not for you.* \(MODEL_REJECTED\)$/m);
    expect(stdout).toMatch(/^Next +npx stagewire retry \S+ --url/m);
  });

  test("open starts the browser with the page's address, and prints it", async () => {
    const id = await startRun("a URL shortener");
    const seen = path.join(folder.path, "opened");
    const browser = path.join(folder.path, "browser");
    await writeFile(browser, `#!/bin/sh\necho "$1" > "${seen}.tmp" && mv "${seen}.tmp" "${seen}"\n`, { mode: 0o755 });
    const opened = await cli(["open", "last", "--url", server.url], { env: { BROWSER: browser } });
    expect(opened).toEqual({ code: 0, stdout: `${server.url}/runs/${id}\n`, stderr: "" });
    await expect.poll(() => readFile(seen, "utf8").catch(() => "")).toBe(`${server.url}/runs/${id}\n`);
    const none = await cli(["open", "--url", server.url], { env: { DISPLAY: "", WAYLAND_DISPLAY: "" } });
    expect(none).toMatchObject({ code: 0, stdout: `${server.url}\n` });
    expect(none.stderr).toMatch(/open the address yourself\n$|^$/);
  });
});

describe("config", () => {
  test("prints each value with its source, secrets masked", async () => {
    await using folderHere = await temporaryFolder();
    await writeFile(path.join(folderHere.path, "stagewire.config.json"), '{ "maxRuns": 7 }');
    const env = {
      OPENAI_API_KEY: "sk-very-secret-9f2a",
      OPENAI_BASE_URL: "http://someone:word@models.example/v1?key=abc",
      STAGEWIRE_TOKEN: "a-long-token-77zz",
      PORT: "4499",
    };
    const { code, stdout, stderr } = await cli(["config", "--data", "elsewhere"], { cwd: folderHere.path, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const told = Object.fromEntries(stdout.split("\n").map((line) => [line.trim().split(/ +/)[0], line.trim()]));
    expect(told["data"]).toMatch(/^data +"elsewhere" +flag --data$/);
    expect(told["port"]).toMatch(/^port +4499 +environment PORT$/);
    expect(told["maxRuns"]).toMatch(/^maxRuns +7 +stagewire\.config\.json$/);
    expect(told["drainMs"]).toMatch(/^drainMs +10000 +default$/);
    expect(told["openaiApiKey"]).toMatch(/^openaiApiKey +…9f2a +environment OPENAI_API_KEY$/);
    expect(told["token"]).toMatch(/^token +…77zz +environment STAGEWIRE_TOKEN$/);
    expect(told["url"]).toMatch(/^url +http:\/\/127\.0\.0\.1:4499 +environment PORT$/);
    expect(stdout).not.toMatch(/secret|word|abc/);
    const json = await cli(["config", "--json"], { cwd: folderHere.path, env });
    expect(json.stdout).not.toMatch(/secret|word|abc/);
    expect(lines(json.stdout)).toContainEqual({
      type: "setting",
      of: "server",
      key: "maxRuns",
      value: 7,
      source: "stagewire.config.json",
    });
    const values = Object.fromEntries(lines(json.stdout).map(({ key, value }) => [String(key), value]));
    expect(values).toMatchObject({ host: "127.0.0.1", port: 4499, redisUrl: null, openaiApiKey: "…9f2a" });
  });
});

describe("steering", () => {
  test("cancels by a prefix, tells the watcher, and is told that the run has ended", async () => {
    const id = await startRun("SLOW");
    await using watching = startCli(["watch", id, "--json", "--url", server.url]);
    await watching.printed('"type":"token"');
    const cancelled = await here("cancel", id.slice(0, -2), "--reason", "too slow");
    expect(cancelled).toMatchObject({ code: 0, stderr: "" });
    expect(cancelled.stdout).toMatch(new RegExp(`^Run ${id} is cancelled \\(#\\d+\\)\\n$`));
    const watched = await watching.result;
    expect(watched.code).toBe(3);
    const control = lines(watched.stdout).find(({ type }) => type === "control");
    expect(control).toMatchObject({ outcome: "applied", command: { type: "cancel", reason: "too slow" } });
    expect(await here("cancel", id)).toEqual({
      code: 1,
      stdout: "",
      stderr: `error: Run ${id} was not cancelled: the run has ended\n`,
    });
  });

  test("skips what remains, or tells why not", async () => {
    const id = await startRun("SLOW");
    expect((await here("skip", id)).stderr).toBe(
      `error: Run ${id} does not skip the iteration: the run is not in its refinement loop\n`,
    );
    const { code, stdout } = await here("skip", id, "--remaining", "--json");
    expect(code).toBe(0);
    expect(lines(stdout)).toMatchObject([
      { type: "hello" },
      { type: "ack", outcome: "scheduled" },
      { type: "exit", code: 0 },
    ]);
    expect((await here("cancel", id)).code).toBe(0);
  });
});

describe("leaving", () => {
  test.each([["SIGTERM", 143] as const, ["SIGINT", 130] as const, ["SIGHUP", 129] as const])(
    "%s in a pipe leaves the run going",
    async (signal, status) => {
      await using running = startCli(["run", "SLOW", "--url", server.url]);
      await running.printed("started");
      running.child.kill(signal);
      const { code, stdout, stderr } = await running.result;
      expect({ code, stdout }).toEqual({ code: status, stdout: "" });
      const fate = /Run (\S+) is still running: npx stagewire watch (\S+) --url (\S+)\n$/.exec(stderr);
      expect(fate?.[1]).toBe(fate?.[2]);
      expect((await here("cancel", fate?.[1] ?? "")).code).toBe(0);
    },
  );

  test("--cancel-on-exit cancels the run first", async () => {
    await using running = startCli(["run", "SLOW", "--cancel-on-exit", "--url", server.url]);
    await running.printed("started");
    running.child.kill("SIGTERM");
    const { code, stderr } = await running.result;
    expect(code).toBe(143);
    expect(stderr).toMatch(/Run \S+ was cancelled by \S+ after .*\n$/);
  });

  test("--timeout leaves with status 8", async () => {
    const { code, stderr } = await here("run", "SLOW", "--timeout", "500ms");
    expect(code).toBe(8);
    const id = /Run (\S+) is still running/.exec(stderr)?.[1] ?? "";
    expect((await here("cancel", id)).code).toBe(0);
  });
});

describe("without a server", () => {
  test("run starts one in its process, keeps the run in ./.stagewire, and closes it", async () => {
    await using folderHere = await temporaryFolder();
    const options = { cwd: folderHere.path, env: { ...model(), PORT: String(await freePort()) } };
    const { code, stdout, stderr } = await cli(["run", "a URL shortener"], options);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${DOCUMENT}\n` });
    expect(stderr).toContain(`http://127.0.0.1:${options.env.PORT}/runs/`);
    expect(stderr).toContain("the server runs in this process, data ./.stagewire");
    expect(await cli(["watch"], options)).toMatchObject({ code: 5 });
  });

  test("run takes another port when its own is used by something else, and says so", async () => {
    await using folderHere = await temporaryFolder();
    await using stranger = await listening();
    const options = { cwd: folderHere.path, env: { ...model(), PORT: String(stranger.port) } };
    const { code, stderr } = await cli(["run", "a URL shortener"], options);
    expect(code).toBe(0);
    expect(stderr).toContain(
      `127.0.0.1:${stranger.port} is used by something else: this run's server is at http://127.0.0.1:`,
    );
  });

  test("leaving a run of one's own server says honestly that it stops, and serve goes on with it", async () => {
    await using folderHere = await temporaryFolder();
    const port = await freePort();
    const options = { cwd: folderHere.path, env: { ...model(), PORT: String(port) } };
    await using running = startCli(["run", "SLOW"], options);
    await running.printed("started");
    running.child.kill("SIGTERM");
    const { code, stderr } = await running.result;
    expect(code).toBe(143);
    const id =
      /Run (\S+) stops with this process; it goes on at the next `npx stagewire serve` here\n$/.exec(stderr)?.[1] ?? "";
    await using serving = startCli(["serve"], options);
    await serving.printed("Model  m at http");
    await using watching = startCli(["watch", id, "--json"], options);
    await watching.printed('"cause":"recovered"');
    serving.child.kill("SIGTERM");
    expect(await serving.result).toMatchObject({ code: 0, stderr: "" });
  });

  test("says what to start, and with which status", async () => {
    const env = { PORT: String(await freePort()) };
    const message = `nothing listens at 127.0.0.1:${env.PORT}`;
    for (const args of [["list"], ["watch"], ["cancel", "last"], ["skip", "last"]]) {
      expect(await cli(args, { env })).toEqual({
        code: 5,
        stdout: "",
        stderr: `error: ${message}: run \`npx stagewire serve\`\n`,
      });
    }
    const detached = await cli(["run", "x", "-d"], { env });
    expect(detached).toMatchObject({ code: 5, stdout: "" });
    expect(detached.stderr).toContain(`${message}, and a detached run needs a server that stays`);
  });

  test("what is no stagewire server is told as that", async () => {
    await using stranger = await listening();
    const { code, stderr } = await cli(["list", "--url", `http://127.0.0.1:${stranger.port}`]);
    expect(code).toBe(5);
    expect(stderr).toContain(`something listens at 127.0.0.1:${stranger.port}, but not as a stagewire server`);
  });
});

describe("serve", () => {
  test("starts with three lines, answers, and ends with status 0 on SIGTERM", async () => {
    await using folderHere = await temporaryFolder();
    await using serving = startCli(["serve", "--port", "0"], { cwd: folderHere.path });
    await serving.printed("data ./.stagewire\n");
    serving.child.kill("SIGTERM");
    const { code, stdout } = await serving.result;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^stagewire 0\.1\.0 {2}ready in \d+ ms\n {2}Web {4}(http:\S+)\n {2}Try {4}npx stagewire run --url \1 "a URL shortener"\n {2}Model {2}demo \(canned answers: no OPENAI_API_KEY or OPENAI_BASE_URL\) {3}data \.\/\.stagewire\n$/,
    );
  });

  test("a second signal ends it at once, and the next start goes on with the step that was cut off", async () => {
    await using folderHere = await temporaryFolder();
    const port = String(await freePort());
    const options = { cwd: folderHere.path, env: { ...model(), PORT: port, STAGEWIRE_DRAIN_MS: "600000" } };
    await using serving = startCli(["serve"], options);
    await serving.printed("data ./.stagewire\n");
    await using running = startCli(["run", "SLOW", "--json"], options);
    await running.printed('"type":"token"');
    serving.child.kill("SIGTERM");
    // The first one waits for the step, which has minutes to go.
    const ready = () => fetch(`http://127.0.0.1:${port}/readyz`).then(({ status }) => status);
    await expect.poll(ready).toBe(503);
    serving.child.kill("SIGTERM");
    expect(await serving.result).toMatchObject({ code: 143, stderr: "" });
    await using again = startCli(["serve"], options);
    await again.printed("data ./.stagewire\n");
    await running.printed('"cause":"recovered"');
  });

  test.runIf(process.platform === "linux")("names who uses the port", async () => {
    await using folderHere = await temporaryFolder();
    const port = Number(new URL(server.url).port);
    expect(await cli(["serve", "--port", String(port)], { cwd: folderHere.path })).toEqual({
      code: 2,
      stdout: "",
      stderr: `error: ${port} is used by node (pid ${server.pid}): use \`--port ${port + 1}\`\n`,
    });
    const started = await cli(["serve", "--port", String(port)], {
      cwd: folderHere.path,
      env: { npm_lifecycle_event: "start" },
    });
    expect(started.stderr).toContain(`: use \`npm start -- --port ${port + 1}\`\n`);
  });

  test("refuses a bad value from wherever it comes", async () => {
    await using folderHere = await temporaryFolder();
    await writeFile(path.join(folderHere.path, "stagewire.config.json"), '{"maxConcurrentRuns":0}');
    const stderr = (text: string) => ({ code: 2, stdout: "", stderr: `error: ${text}\n` });
    expect(await cli(["serve"], { cwd: folderHere.path })).toEqual(
      stderr("stagewire.config.json: maxConcurrentRuns is 0, allowed 1–10000"),
    );
    expect(await cli(["serve"], { cwd: folder.path, env: { PORT: "abc" } })).toEqual(
      stderr('environment PORT: port is "abc", allowed 0–65535'),
    );
    expect(await cli(["serve", "--port", "70000"], { cwd: folder.path })).toEqual(
      stderr('flag --port: port is "70000", allowed 0–65535'),
    );
  });

  test("refuses a data folder that can't be written or is in use", async () => {
    await using folderHere = await temporaryFolder();
    const file = path.join(folderHere.path, "file");
    await writeFile(file, "");
    const blocked = await cli(["serve", "--port", "0", "--data", path.join(file, "data")]);
    expect(blocked).toMatchObject({ code: 2, stdout: "" });
    expect(blocked.stderr).toMatch(/^error: .*is not writable.*--data/);
    const used = await cli(["serve", "--port", "0", "--data", path.join(folder.path, "data")]);
    expect(used).toMatchObject({ code: 2, stdout: "" });
    expect(used.stderr).toContain(`in use by pid ${server.pid}`);
  });
});

describe("mistakes", () => {
  test.each([
    [[], /^stagewire 0\.1\.0: run staged LLM pipelines/],
    [["wach"], /^error: "wach" is not a command; did you mean `npx stagewire watch`\?/],
    [["stop", "last"], /^error: "stop" is not a command; did you mean `npx stagewire cancel`\?/],
    [["frobnicate"], /^error: "frobnicate" is not a command; known are serve, run, watch/],
    [["help", "rnu"], /^error: "rnu" is not a command; did you mean `npx stagewire run`\?/],
    [["run"], /^error: no task/],
    [["run", " "], /^error: the task is empty/],
    [["run", "a", "b"], /^error: run takes one task: put it in quotes, `npx stagewire run "a b"`/],
    [["run", "x", "--refinements", "11"], /^error: --refinements is "11", allowed 0–10/],
    [["run", "x", "--timeout", "soon"], /^error: --timeout is "soon"/],
    [["run", "-f", "/nowhere/task.md"], /^error: -f \/nowhere\/task\.md can't be read: there is no such file/],
    [["run", "x", "-o", "/nowhere/result.md"], /^error: -o \/nowhere\/result\.md can't be written: ENOENT/],
    [["run", "x", "--nonsense"], /^error: run takes no --nonsense; `npx stagewire help run` lists what it takes/],
    [["run", "x", "--max-refinements", "2"], /^error: run takes no --max-refinements; did you mean --refinements\?/],
    [["run", "x", "--maxTokens", "2"], /^error: run takes no --maxTokens; did you mean --max-tokens\?/],
    [["watch", "--jsn"], /^error: watch takes no --jsn; did you mean --json\?/],
    [["serve", "--prot", "1"], /^error: serve takes no --prot; did you mean --port\?/],
    [["--versoin"], /^error: npx stagewire takes no --versoin; did you mean --version\?/],
    [["list", "--remaining"], /^error: list takes no --remaining; `npx stagewire help list` lists/],
    [["run", "x", "--gate"], /^error: --gate needs a value$/m],
    [["run", "x", "--max-cost-usd", "0"], /^error: --max-cost-usd is "0", allowed are amounts like/],
    [["run", "x", "--on-abandoned", "stop"], /^error: --on-abandoned is "stop", allowed continue, cancel/],
    [["run", "x", "--priority", "high"], /^error: --priority is "high", allowed normal, low/],
    [["show", "a", "b"], /^error: show takes one run, not 2/],
    [["completion", "csh"], /^error: completion takes one shell: bash, zsh, fish/],
    [["list", "--status", "odd"], /^error: --status is "odd", allowed queued, running/],
    [["list", "--url", "example"], /^error: --url is "example", allowed an address like/],
    [["watch", "--from", "odd"], /^error: --from is "odd", allowed a cursor/],
    [["cancel"], /^error: cancel takes one run/],
  ])("stagewire %j ends with status 2", async (args, message) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("an unknown run, pipeline or stage", async () => {
    expect(await here("watch", "nosuchrun")).toMatchObject({ code: 6, stdout: "" });
    expect((await here("cancel", "nosuchrun")).stderr).toBe(
      'error: there is no run "nosuchrun": `npx stagewire list` shows what there is\n',
    );
    expect((await here("run", "x", "--pipeline", "nosuch")).code).toBe(6);
    const stage = await here("run", "x", "--stage", "nosuch");
    expect(stage).toMatchObject({ code: 2, stdout: "" });
    expect(stage.stderr).toContain('--stage is "nosuch", allowed architecture, implementation, review');
  });

  test("a failed run tells its cause and ends with status 1", async () => {
    const { code, stdout, stderr } = await here("run", "REFUSED");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^Run \S+ failed after .*: architecture: .*not for you.* \(MODEL_REJECTED\); `npx stagewire retry \S+ --url \S+` tries again from there$/,
    );
  });

  test("a malformed or unreachable cursor ends with status 2", async () => {
    const id = await startRun("a URL shortener");
    const { code, stderr } = await here("watch", id, "--from", "1-999999");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: /m);
  });
});

test("help shows every command, and --version the version", async () => {
  const help = await cli(["help"]);
  expect(help.code).toBe(0);
  for (const command of COMMAND_NAMES) expect(help.stdout).toMatch(new RegExp(`^  ${command} `, "m"));
  expect(await cli(["--help"])).toEqual(help);
  expect(await cli(["help", "watch"])).toEqual(await cli(["watch", "--help"]));
  expect((await cli(["run", "--help"])).stdout).toContain("--cancel-on-exit");
  expect(await cli(["--version"])).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
});

/** A program that takes connections and closes them. */
async function listening() {
  const stranger = createServer((socket) => socket.destroy());
  stranger.listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const { port } = stranger.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      stranger.close();
      await once(stranger, "close");
    },
  };
}
