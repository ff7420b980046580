import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cli } from "../support/cli-process.js";
import { inTerminal, noTerminal } from "../support/pseudo-terminal.js";
import { answerOf, promptOf, reach } from "../support/scene.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { createTerminal } from "../support/terminal-emulator.js";

// Each test starts the command several times, which takes a busy machine a while.
vi.setConfig({ testTimeout: 60_000 });

let model: ScriptedModel;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;

beforeEach(async () => {
  model = await startScriptedModel();
  folder = await temporaryFolder();
  const env = { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "m", STAGEWIRE_MAX_ATTEMPTS: "1" };
  server = await startServerProcess({ data: path.join(folder.path, "data"), port: await freePort(), env });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const PLAIN = { NO_COLOR: "1" };
// oxlint-disable-next-line no-control-regex
const CLEARING = /\u001b\[[23]?J|\u001b\[\?1049h|\u001bc/;

const start = (...args: string[]) => inTerminal(["run", "a URL shortener", ...args, "--url", server.url], 100, PLAIN);

/** What a terminal of that size shows at the end. */
function shown(stdout: string, columns = 100): string[] {
  const terminal = createTerminal(columns, 20);
  terminal.write(stdout.replaceAll("\r\n", "\n"));
  return terminal.lines();
}

describe.skipIf(noTerminal)("live keys (needs util-linux's script)", () => {
  test("a whole run: pause, guide, go on, skip the iteration, to the end", async () => {
    await using running = start();
    await running.printed("Keys   p pause · s skip · g guide · xx cancel · d detach · o open · ? keys");
    const architecture = await model.next();
    architecture.write("The plan.");
    await running.printed("The plan.");
    running.press("p");
    await running.printed(/» pause by \S+: scheduled/);
    architecture.end();
    await running.printed("Paused before Implementation");
    await running.printed("paused: p goes on");
    running.press("guse no framework\r");
    await running.printed('» guidance "use no framework" by');
    running.press("p");
    const implementation = await model.next();
    expect(promptOf(implementation)).toContain("use no framework");
    implementation.write(answerOf(implementation));
    implementation.end();
    const refinement = await reach(model, "refinement", 1);
    refinement.write("half of it");
    await running.printed("half of it");
    running.press("s");
    await running.printed(/» skip this iteration by \S+: applied/);
    model.answer(answerOf);
    const { code, stdout } = await running.result;
    expect(code).toBe(0);
    expect(stdout).not.toMatch(CLEARING);
    const text = shown(stdout).join("\n");
    expect(text).toMatch(/○ skipped after /);
    expect(text).toMatch(/Run \S+ finished in .*: http/);
    expect(text).not.toContain("▸");
    expect(text).not.toContain("requested");
  });

  test("x twice cancels, once does not", async () => {
    await using running = start();
    (await model.next()).write("It goes on …");
    await running.printed("It goes on");
    running.press("x");
    await running.printed("x again cancels the run, any other key does not");
    running.press("y");
    running.press("s");
    await running.printed("skip was rejected: the run is not in its refinement loop");
    running.press("xx");
    const { code, stdout } = await running.result;
    expect(code).toBe(3);
    expect(shown(stdout).join("\n").trimEnd()).toMatch(/^Run \S+ was cancelled by \S+ after .*$/m);
  });

  test("d leaves the run going, ? tells the keys, o opens the page", async () => {
    const browser = path.join(folder.path, "browser");
    await writeFile(browser, "#!/bin/sh\n", { mode: 0o755 });
    await using running = inTerminal(["run", "a URL shortener", "--url", server.url], 100, {
      ...PLAIN,
      BROWSER: browser,
    });
    (await model.next()).write("It goes on …");
    await running.printed("It goes on");
    running.press("o");
    await running.printed(/opened http:\S+\/runs\//);
    running.press("?");
    await running.printed(/Keys[^]*p pause · s skip[^]*p pause · s skip/);
    running.press("d");
    const { code, stdout } = await running.result;
    expect(code).toBe(8);
    const id = /Run (\S+) is still running: npx stagewire watch \1 --url/.exec(shown(stdout).join(" "))?.[1] ?? "";
    expect((await cli(["cancel", id, "--url", server.url])).code).toBe(0);
  });

  test("Ctrl-C asks to cancel, in the middle of a guidance too", async () => {
    await using running = start();
    (await model.next()).write("It goes on …");
    await running.printed("It goes on");
    running.press("ghalf a guid");
    await running.printed("Esc leaves it): half a guid");
    running.press("\u0003");
    const { code, stdout } = await running.result;
    expect(code).toBe(3);
    expect(stdout).toContain("cancelling the run; Ctrl-C again leaves it running");
  });

  test("a window that becomes narrow and wide again keeps the text whole", async () => {
    await using running = start();
    const architecture = await model.next();
    architecture.write("first words");
    await running.printed("first words");
    await running.printed(/▸ architecture 1\/5 .*#\d/);
    await running.resize(34);
    await running.printed(/▸ architecture 1\/5 · \d\d:\d\d/);
    architecture.write(" and the last ones.");
    await running.printed("and the last ones.");
    await running.resize(100);
    architecture.end();
    model.answer(answerOf);
    const { code, stdout } = await running.result;
    expect(code).toBe(0);
    expect(stdout).not.toMatch(CLEARING);
    const lines = shown(stdout);
    expect(lines.join("\n")).not.toContain("▸");
    expect(lines).toContain("first words");
    expect(lines.join("\n")).toContain(" and the last ones.");
  });

  test("the terminal has its echo back afterwards, and a background job leaves the keys alone", async () => {
    const { promisify } = await import("node:util");
    const { execFile } = await import("node:child_process");
    model.answer(answerOf);
    const words = (args: string) =>
      `node '${path.resolve("client/cli/bin/stagewire.mjs")}' ${args} --url ${server.url}`;
    const shell = `set -m; ${words("run x --quiet")} >/dev/null 2>&1; ${words("run y")} & wait; stty -a`;
    const { stdout } = await promisify(execFile)(
      "/usr/bin/script",
      ["-qefc", `bash -c '${shell.replaceAll("'", `'\\''`)}'`, "/dev/null"],
      {
        env: { ...process.env, ...PLAIN, TERM: "xterm" },
      },
    );
    expect(stdout).toMatch(/Run \S+ finished in/);
    expect(stdout).toMatch(/ icanon .* echo /s);
  });
});
