import { readFile } from "node:fs/promises";
import { readArgs } from "./args.js";
import type { CommandName } from "./command-table.js";
import type { Context } from "./context.js";
import { configPort } from "./config-port.js";
import { describeError } from "./errors.js";
import { EXIT, exitCodeOfError } from "./exit-codes.js";
import { helpText } from "./help.js";
import { createInterrupts } from "./interrupts.js";
import { createOutput, type Output } from "./output.js";

/** Each is loaded once it is asked for: nobody waits for what other commands need. */
const COMMANDS: Record<CommandName, () => Promise<(context: Context) => Promise<number>>> = {
  serve: async () => (await import("./commands/serve.js")).serve,
  run: async () => (await import("./commands/run.js")).run,
  watch: async () => (await import("./commands/watch.js")).watch,
  list: async () => (await import("./commands/list.js")).list,
  show: async () => (await import("./commands/show.js")).show,
  diff: async () => (await import("./commands/diff.js")).diff,
  export: async () => (await import("./commands/export.js")).exportRun,
  replay: async () => (await import("./commands/replay.js")).replay,
  open: async () => (await import("./commands/open.js")).open,
  cancel: async () => (await import("./commands/cancel.js")).cancel,
  skip: async () => (await import("./commands/skip.js")).skip,
  pause: async () => (await import("./commands/pause.js")).pause,
  resume: async () => (await import("./commands/resume.js")).resume,
  guide: async () => (await import("./commands/guide.js")).guide,
  retry: async () => (await import("./commands/retry.js")).retry,
  fork: async () => (await import("./commands/fork.js")).fork,
  doctor: async () => (await import("./commands/doctor.js")).doctor,
  config: async () => (await import("./commands/config.js")).config,
  completion: async () => (await import("./commands/completion.js")).completion,
  help: async () => (await import("./commands/help.js")).help,
};

/** Commands that ask no server. */
const WITHOUT_SERVER: ReadonlySet<CommandName> = new Set(["serve", "completion", "help"]);

/** The whole command: reads `process.argv`, does it, and ends the process with its exit status. */
export async function main(): Promise<void> {
  const out = createOutput(process.stdout);
  const err = createOutput(process.stderr);
  const debug = Boolean(process.env["STAGEWIRE_DEBUG"]);
  let code: number;
  // Node ends without a word when it has nothing left to wait for: that would be a bug, and must not pass for success.
  process.exitCode = EXIT.failed;
  try {
    code = await dispatch(out, err);
  } catch (error) {
    code = exitCodeOfError(error);
    const json = process.argv.includes("--json");
    if (json)
      out.write(
        `${JSON.stringify({ type: "exit", code, message: error instanceof Error ? error.message : String(error) })}\n`,
      );
    err.write(`${describeError(error, debug)}\n`);
  }
  await Promise.all([out.flushed(), err.flushed()]);
  // What others left open (a keep-alive, a log's timer) must not hold the command up.
  process.exit(code);
}

async function dispatch(out: Output, err: Output): Promise<number> {
  const args = readArgs(process.argv.slice(2));
  const version = await readVersion();
  const { command, values } = args;
  if (values.help) {
    out.write(helpText(version, command));
    return EXIT.finished;
  }
  if (values.version) {
    out.write(`${version}\n`);
    return EXIT.finished;
  }
  if (command === undefined) {
    // Not what stdout is for: nobody asked for this page.
    err.write(helpText(version));
    return EXIT.usage;
  }
  using interrupts = createInterrupts();
  const where = { args, env: process.env, cwd: process.cwd() };
  const port = WITHOUT_SERVER.has(command) ? undefined : await configPort(where);
  const context = { ...where, out, err, interrupts, version, ...(port !== undefined && { configPort: port }) };
  const act = await COMMANDS[command]();
  return await act(context);
}

async function readVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  const known = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return known ? String(manifest.version) : "unknown";
}
