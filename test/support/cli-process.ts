import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { cleanEnvironment } from "./server-process.js";

export const CLI = fileURLToPath(new URL("../../client/cli/bin/stagewire.mjs", import.meta.url));

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin holds. @default nothing */
  readonly input?: string;
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. Disposing kills it. */
export interface CliProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Resolves once stdout and stderr together hold `text`; rejects with what they hold when the command ends before. */
  printed(text: string | RegExp): Promise<void>;
  readonly result: Promise<CliResult>;
}

/** Runs `stagewire` to its end. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  await using running = startCli(args, options);
  return await running.result;
}

/** Starts `stagewire` with pipes. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliProcess {
  return startProcess(process.execPath, [CLI, ...args], options);
}

/** Starts any command as {@link startCli} does. */
export function startProcess(
  command: string,
  args: readonly string[],
  { cwd, env = {}, input = "" }: CliOptions,
): CliProcess {
  const child = spawn(command, args, { ...(cwd !== undefined && { cwd }), env: { ...cleanEnvironment(), ...env } });
  let [stdout, stderr] = ["", ""];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    tell();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    tell();
  });
  if (input !== "") child.stdin.end(input);
  const result = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    child,
    result,
    async printed(text) {
      await new Promise<void>((resolve, reject) => {
        const look = () => {
          const all = stdout + stderr;
          if (!(typeof text === "string" ? all.includes(text) : text.test(all))) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void result.then(({ code }) =>
          reject(new Error(`ended with ${code} before it printed ${text}:\n${stdout}\n${stderr}`)),
        );
      });
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await result;
    },
  };
}
