import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { strFromU8, unzipSync } from "fflate";
import type { RunEvent } from "@stagewire/shared";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { checkLog } from "../support/check-log.js";
import { cli } from "../support/cli-process.js";
import { inTerminal, noTerminal } from "../support/pseudo-terminal.js";
import { answerOf, placeOf } from "../support/scene.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";

// Each test starts the command several times, which takes a busy machine a while.
vi.setConfig({ testTimeout: 60_000 });

const VERSIONS: Record<string, string> = {
  "implementation 0": "# Limiter\n\n```ts src/limit.ts\nexport const limit = 1;\n```\n",
  "refinement 1": "# Limiter\n\n```ts src/limit.ts\nexport const limit = 2;\n```\n",
  "refinement 2": "# Limiter\n\n```ts src/limit.ts\nexport const limit = 3; // \u001b[2J\n```\n",
};

let model: ScriptedModel;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
let id: string;

beforeAll(async () => {
  model = await startScriptedModel();
  folder = await temporaryFolder();
  const env = { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "m" };
  server = await startServerProcess({ data: path.join(folder.path, "data"), port: await freePort(), env });
  model.answer((call) => VERSIONS[placeOf(call)] ?? answerOf(call));
  await here("run", "a limiter", "--refinements", "2", "--quiet");
  id = (await here("list", "--quiet")).stdout.trim();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const here = (...args: string[]) => cli([...args, "--url", server.url], { cwd: folder.path });

function lines(stdout: string): { type: string; [key: string]: unknown }[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string });
}

describe("diff", () => {
  test("compares the last two versions, or those that are named, and nothing in them moves the cursor", async () => {
    expect(await here("diff")).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "--- refinement:1",
        "+++ refinement:2 (stands)",
        "@@ -1,5 +1,5 @@",
        " # Limiter",
        " ",
        " ```ts src/limit.ts",
        "-export const limit = 2;",
        "+export const limit = 3; // ␛[2J",
        " ```",
        "",
      ].join("\n"),
    });
    const named = await here("diff", id.slice(0, 6), "implementation", "refinement:1");
    expect(named.stdout).toContain("-export const limit = 1;\n+export const limit = 2;\n");
    expect((await here("diff", "last", "0", "1")).stdout).toBe(named.stdout);
    const [, found] = lines((await here("diff", "--json")).stdout);
    expect(found).toMatchObject({
      type: "diff",
      from: { id: "refinement:1" },
      to: { id: "refinement:2", current: true },
    });
    expect(await here("diff", "last", "1", "1")).toEqual({
      code: 0,
      stdout: "",
      stderr: "Refinement 1 and Refinement 1 are the same\n",
    });
  });

  test("names the versions there are", async () => {
    const { code, stderr } = await here("diff", "last", "7");
    expect(code).toBe(2);
    expect(stderr).toContain('has no version "7"; it has implementation, refinement:1, refinement:2');
  });
});

describe("export", () => {
  test("gives the whole run as one markdown, on stdout or in a file", async () => {
    const { code, stdout, stderr } = await here("export");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^# a limiter\n/);
    expect(stdout).toContain("## Refinement 2\n");
    const file = await here("export", id, "-o", "run.md");
    expect(file).toMatchObject({ code: 0, stdout: "" });
    expect(file.stderr).toMatch(/^wrote [\d.]+ kB to run\.md\n$/);
    expect(await readFile(path.join(folder.path, "run.md"), "utf8")).toBe(stdout);
    expect((await here("export", "--stage", "implementation")).stdout).toBe(VERSIONS["refinement 2"]);
  });

  test("gives all outputs and the blocks of code as a .zip or as files", async () => {
    const zip = await here("export", "-o", "run.zip");
    expect(zip.stderr).toMatch(/^wrote \d+ files, [\d.]+ kB to run\.zip\n$/);
    const entries = unzipSync(await readFile(path.join(folder.path, "run.zip")));
    expect(strFromU8(entries["files/src/limit.ts"] ?? new Uint8Array())).toContain("limit = 3");
    expect(Object.keys(entries)).toContain("outputs/02-implementation.md");
    expect((await here("export", "-o", "run/")).code).toBe(0);
    expect(await readFile(path.join(folder.path, "run/files/src/limit.ts"), "utf8")).toContain("limit = 3");
    expect((await readdir(path.join(folder.path, "run"))).toSorted()).toEqual([
      "files",
      "outputs",
      "run.json",
      "run.md",
    ]);
    const again = await here("export", "-o", "run");
    expect(again).toMatchObject({ code: 2, stderr: "error: -o run is not empty: name a new folder\n" });
    const files = lines((await here("export", "--json")).stdout).filter(({ type }) => type === "file");
    expect(files.map((file) => file["path"])).toEqual(Object.keys(entries));
  });

  test("says what can't be written before anything is asked for", async () => {
    await mkdir(path.join(folder.path, "full"));
    await writeFile(path.join(folder.path, "full/mine.txt"), "mine");
    expect(await here("export", "-o", "full/")).toMatchObject({ code: 2, stdout: "" });
    expect((await here("export", "-o", "nowhere/run.zip")).stderr).toContain(
      "nowhere/run.zip can't be written: ENOENT",
    );
    expect((await here("export", "-o", "run.zip", "--stage", "review")).stderr).toContain("--stage gives one text");
    expect((await here("export", "--stage", "polish")).stderr).toContain('--stage is "polish", allowed architecture');
  });
});

describe("replay", () => {
  test("--json gives every token of the run again, in order and without a gap", async () => {
    const { code, stdout } = await here("replay", "--speed", "1000", "--json");
    expect(code).toBe(0);
    const all = lines(stdout);
    const events = all.slice(1, -1) as unknown as RunEvent[];
    expect(checkLog(events)).toMatchObject({ runId: id, status: "completed" });
    expect(events.some(({ type }) => type === "token")).toBe(true);
    expect(all.at(-1)).toMatchObject({ type: "exit", code: 0, status: "completed" });
  });

  test("in a pipe stdout is the document, and a wrong speed is told", async () => {
    const piped = await here("replay", id, "--speed", "60x");
    expect(piped.code).toBe(0);
    expect(piped.stdout).toBe((await here("watch", id)).stdout);
    expect(piped.stderr).toContain("replay at 60×");
    expect((await here("replay", "--speed", "0")).stderr).toContain('--speed is "0", allowed 0.1–1000');
  });

  test.skipIf(noTerminal)("streams on a terminal, and Ctrl-C leaves it (needs util-linux's script)", async () => {
    await using running = inTerminal(["replay", "last", "--speed", "100", "--url", server.url], 80, { NO_COLOR: "1" });
    const { code, stdout } = await running.result;
    expect(code).toBe(0);
    expect(stdout).toContain("── refinement 4/5 iteration 2");
    expect(stdout).toMatch(/Run \S+ finished in /);
    await using slow = inTerminal(["replay", "last", "--speed", "0.1", "--url", server.url], 80, { NO_COLOR: "1" });
    await slow.printed("replay at 0.1×");
    slow.press("\u0003");
    expect((await slow.result).code).toBe(130);
  });
});
