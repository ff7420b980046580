import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CLI, cli, startProcess } from "../support/cli-process.js";
import { noTerminal } from "../support/pseudo-terminal.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";

// Each test starts the command several times, which takes a busy machine a while.
vi.setConfig({ testTimeout: 60_000 });

let model: ScriptedModel;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
/** With `stagewire` on the path, as after an installation. */
let env: Record<string, string>;
let id: string;

beforeAll(async () => {
  model = await startScriptedModel();
  folder = await temporaryFolder();
  const settings = { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "m" };
  server = await startServerProcess({ data: path.join(folder.path, "data"), port: await freePort(), env: settings });
  await writeFile(path.join(folder.path, "stagewire"), `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`, {
    mode: 0o755,
  });
  await writeFile(path.join(folder.path, "task.md"), "A task");
  env = { PATH: `${folder.path}:${process.env["PATH"]}`, STAGEWIRE_URL: server.url, HOME: folder.path };
  id = (await cli(["run", "x", "-d", "--quiet"], { env })).stdout.trim();
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const missing = (program: string) => spawnSync(program, ["--version"]).error !== undefined;

async function shell(program: string, args: readonly string[]): Promise<string> {
  await using running = startProcess(program, args, { env, cwd: folder.path });
  const { code, stdout, stderr } = await running.result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

/** A command line as it was typed so far, and what is offered. */
const OFFERS: [string[], () => string[]][] = [
  [["wa"], () => ["watch"]],
  [["watch", ""], () => ["last", id]],
  [["show", "--js"], () => ["--json"]],
  [["list", "--status", "ru"], () => ["running"]],
  [["run", "-f", "ta"], () => ["task.md"]],
  [["run", "--max"], () => ["--max-cost-usd", "--max-tokens"]],
  [["completion", ""], () => ["bash", "fish", "zsh"]],
];

test("completion in bash offers commands, options, their values, files and runs", async () => {
  const asked = OFFERS.map(
    ([words]) =>
      `COMP_WORDS=(stagewire ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _stagewire; echo "\${COMPREPLY[*]}"`,
  );
  const said = await shell("bash", ["-c", `eval "$(stagewire completion bash)"; ${asked.join("; ")}`]);
  const offered = said
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ").toSorted());
  expect(offered).toEqual(OFFERS.map(([, words]) => words().toSorted()));
});

describe.skipIf(missing("fish"))("completion in fish", () => {
  test("offers the same", async () => {
    const asked = OFFERS.map(([words]) => `complete -C "stagewire ${words.join(" ")}"; echo END`);
    const said = await shell("fish", ["-c", `stagewire completion fish | source; ${asked.join("; ")}`]);
    const offered = said
      .split("END\n")
      .slice(0, -1)
      .map((part) =>
        part
          .trimEnd()
          .split("\n")
          .map((line) => line.split("\t")[0] ?? "")
          .toSorted(),
      );
    expect(offered).toEqual(OFFERS.map(([, words]) => words().toSorted()));
  });
});

describe.skipIf(missing("zsh") || noTerminal)("completion in zsh", () => {
  test("completes commands, options and runs as they are typed", async () => {
    await using running = startProcess("/usr/bin/script", ["-qefc", "zsh -f -i", "/dev/null"], {
      env: { ...env, TERM: "dumb" },
      cwd: folder.path,
    });
    const type = (keys: string) => running.child.stdin?.write(keys);
    type(`autoload -U compinit; compinit -u -D; eval "$(stagewire completion zsh)"; echo rea''dy\n`);
    await running.printed("ready\r\n");
    type("stagewire wat\t");
    await running.printed("stagewire watch ");
    type("\u0015stagewire show --js\t");
    await running.printed("stagewire show --json");
    type("\u0015stagewire run --max\t");
    await running.printed("--max-cost-usd");
    type("\u0015stagewire pause \t");
    await expect(running.printed(id)).resolves.toBeUndefined();
  });
});
