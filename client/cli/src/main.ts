import { readFile } from "node:fs/promises";
import { readArgs } from "./args.js";
import type { CommandName } from "./command-table.js";
import { cancel } from "./commands/cancel.js";
import { completion } from "./commands/completion.js";
import { config } from "./commands/config.js";
import { diff } from "./commands/diff.js";
import { doctor } from "./commands/doctor.js";
import { exportRun } from "./commands/export.js";
import { fork } from "./commands/fork.js";
import { guide } from "./commands/guide.js";
import { help } from "./commands/help.js";
import { list } from "./commands/list.js";
import { open } from "./commands/open.js";
import { pause } from "./commands/pause.js";
import { replay } from "./commands/replay.js";
import { resume } from "./commands/resume.js";
import { retry } from "./commands/retry.js";
import { run } from "./commands/run.js";
import { serve } from "./commands/serve.js";
import { show } from "./commands/show.js";
import { skip } from "./commands/skip.js";
import { watch } from "./commands/watch.js";
import type { Context } from "./context.js";
import { describeError } from "./errors.js";
import { EXIT, exitCodeOfError } from "./exit-codes.js";
import { helpText } from "./help.js";
import { createInterrupts } from "./interrupts.js";
import { createOutput, type Output } from "./output.js";

const COMMANDS: Record<CommandName, (context: Context) => Promise<number>> = {
  serve,
  run,
  watch,
  list,
  show,
  diff,
  export: exportRun,
  replay,
  open,
  cancel,
  skip,
  pause,
  resume,
  guide,
  retry,
  fork,
  doctor,
  config,
  completion,
  help,
};

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
  return await COMMANDS[command]({ args, out, err, interrupts, version, env: process.env, cwd: process.cwd() });
}

async function readVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  const known = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return known ? String(manifest.version) : "unknown";
}
