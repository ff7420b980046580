import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import type { StagewireServer } from "@stagewire/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, startBrowser } from "../support/browser.js";
import { type CliOptions, type CliProcess, startProcess } from "../support/cli-process.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { codesIn, readDocument, ROOT, rowsOf } from "../support/documents.js";
import { python, PYTHON_PACKAGES } from "../support/python-socketio.js";
import { answerOf, placeOf, promptOf } from "../support/scene.js";
import { type ModelCall, type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { freePort } from "../support/server-process.js";
import { startServer, temporaryFolder } from "../support/start-server.js";

const GUIDE = readDocument("examples/README.md");
const curlMissing = spawnSync("curl", ["--version"]).status !== 0;
/** How each example is run, by its file or folder. */
const COMMANDS = new Map(
  rowsOf(GUIDE).map(([link = "", , command = ""]) => [/\[(.+?)\]/.exec(link)?.[1] ?? "", command] as const),
);
const OUTPUT = "text of documentation 0";

let model: ScriptedModel;
let server: StagewireServer;
/** Implementations of tasks that say "hold" wait here until the test lets them go on. */
let held: (call: ModelCall) => void = () => {};

beforeAll(async () => {
  model = await startScriptedModel();
  server = await startServer({ openaiBaseUrl: model.baseUrl, model: "scripted" });
  const serve = async () => {
    for (;;) reply(await model.next());
  };
  void serve();
});

afterAll(async () => {
  await server.close();
  await model[Symbol.asyncDispose]();
});

/** A second refinement comes to no end by itself: only who skips it gets further. */
function reply(call: ModelCall): void {
  const place = placeOf(call);
  if (place === "refinement 2") return call.write("on and on");
  if (place === "implementation 0" && promptOf(call).includes("hold")) return held(call);
  call.write(answerOf(call));
  call.end();
}

/** The next call that is held, with half of its answer written. */
function nextHeld(): Promise<ModelCall> {
  return new Promise((resolve) => {
    held = (call) => {
      call.write("text of ");
      resolve(call);
    };
  });
}

function finish(call: ModelCall): void {
  call.write("implementation 0");
  call.end();
}

/** Runs an example the way its guide says, but for the address and the task. */
function run(
  name: string,
  { url = server.url, task = "a URL shortener", flags = "", env = {} }: Options = {},
): CliProcess {
  const command = (COMMANDS.get(name) ?? `echo there is no line for ${name}; false`)
    .replace('"a URL shortener"', `"${task}"${/\.(py|sh)/.test(name) ? ` "${url}"` : ""}`)
    .replace(/^python3/, `exec ${python ?? "python3"}`)
    .replace(/^node/, `exec "${process.execPath}"`)
    .replace(/^npx vite/, `exec "${process.execPath}" node_modules/vite/bin/vite.js`);
  const all = { STAGEWIRE_URL: url, PYTHONUNBUFFERED: "1", ...env };
  return startProcess("sh", ["-c", `${command} ${flags}`], { cwd: ROOT, env: all });
}

interface Options extends Pick<CliOptions, "env"> {
  readonly url?: string;
  readonly task?: string;
  readonly flags?: string;
}

async function expectSkippedRun(running: CliProcess): Promise<void> {
  const { code, stdout, stderr } = await running.result;
  expect({ code, stderr: code === 0 ? "" : stderr, stdout }).toMatchObject({ code: 0, stderr: "" });
  // The answer to a command comes before, between or behind the events that come of it.
  const told = stdout.replace("  skip: applied\n", "");
  expect(told).not.toBe(stdout);
  expect(told).toMatch(/refinement.1[^]*  completed[^]*refinement.2[^]*  skipped[^]*documentation[^]*  completed/);
  expect(told.trim().split("\n").slice(-2)).toEqual(["completed", OUTPUT]);
}

test("every example has its line in the guide", () => {
  const there = readdirSync(`${ROOT}examples`).filter((name) => !/^(README\.md|tsconfig\.json|dist)$/.test(name));
  expect([...COMMANDS.keys()].toSorted()).toEqual(there.toSorted());
  for (const [, command] of COMMANDS) expect(codesIn(`\`${command}\``)).toEqual([command]);
});

describe("examples", () => {
  test.skipIf(curlMissing)("curl.sh (needs curl)", async () => {
    await using running = run("curl.sh", { task: 'a \\"quoted\\" task' });
    await expectSkippedRun(running);
  });

  test.each(["service.ts", "plain-trpc.ts"])("%s survives a drop in the middle", async (name) => {
    await using proxy = await startCuttingProxy(server.url);
    const holding = nextHeld();
    await using running = run(name, { url: proxy.url, task: `hold ${name}` });
    const call = await holding;
    await running.printed("implementation");
    proxy.cut();
    await expect.poll(() => proxy.accepted).toBeGreaterThan(1);
    finish(call);
    await expectSkippedRun(running);
  });

  test.skipIf(python === undefined).each(["python-socketio.py", "python-websocket.py"])(
    `%s survives a drop in the middle (needs ${PYTHON_PACKAGES})`,
    async (name) => {
      await using proxy = await startCuttingProxy(server.url);
      const holding = nextHeld();
      await using running = run(name, { url: proxy.url, task: `hold ${name}` });
      const call = await holding;
      await running.printed("implementation");
      proxy.cut();
      await expect.poll(() => proxy.accepted).toBeGreaterThan(1);
      finish(call);
      await expectSkippedRun(running);
    },
  );

  test("ag-ui.ts", async () => {
    await using running = run("ag-ui.ts");
    const { code, stdout, stderr } = await running.result;
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stderr, "the text as it streams").toContain("text of refinement 1");
    expect(stdout).toContain("# refinement#1\n");
    expect(stdout.trim().split("\n").at(-1)).toBe(OUTPUT);
  });

  test("embedding.ts", async () => {
    await using folder = await temporaryFolder();
    const port = String(await freePort());
    await using running = run("embedding.ts", { env: { STAGEWIRE_DATA: folder.path, PORT: port } });
    await running.printed("completed\n(Better: (A haiku about owls))");
    await running.printed("listening");
    const url = `http://127.0.0.1:${port}`;
    expect(await (await fetch(url)).text()).toBe("My own page.\n");
    const { runs } = (await (await fetch(`${url}/api/runs`)).json()) as { runs: unknown[] };
    expect(runs).toMatchObject([{ pipeline: "haiku", status: "completed", title: "owls" }]);
    running.child.kill("SIGTERM");
    expect(await running.result).toMatchObject({ code: 0, stderr: "" });
  });

  test.skipIf(chromiumMissing)(`the React page starts, shows and steers a run (needs ${CHROMIUM})`, async () => {
    const port = await freePort();
    await using running = run("react", { flags: `--port ${port} --strictPort` });
    await running.printed("Local:");
    await using browser = await startBrowser();
    const { page, complaints } = await browser.open(`http://localhost:${port}/`);
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("refinement 2: running").waitFor();
    await page.getByRole("button", { name: "Skip all refinement" }).click();
    await page.getByText("refinement 2: skipped").waitFor();
    expect(await page.locator("output").textContent()).toBe(OUTPUT);
    expect(await page.locator("strong").textContent()).toBe("completed");
    expect(complaints).toEqual([]);
  });
});
