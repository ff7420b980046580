import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../client/cli/bin/stagewire.mjs", import.meta.url));

export interface ServerProcessOptions {
  readonly data: string;
  /** Kept over restarts, so that clients find the server again. */
  readonly port: number;
  readonly env?: Record<string, string>;
  /** Another program than `stagewire serve`, which takes the same flags and prints the same line. */
  readonly program?: string;
}

/** `stagewire serve` in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** What it wrote to stderr so far: its log. */
  readonly log: string;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

/** Resolves once it serves; rejects with what it printed when it ends before. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { data, port, env = {}, program } = options;
  const flags = ["--port", String(port), "--data", data];
  const child = spawn(process.execPath, [...(program === undefined ? [BIN, "serve"] : [program]), ...flags], {
    env: { ...cleanEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
  const url = await ready(child, () => log);
  return {
    url,
    pid: child.pid ?? 0,
    get log() {
      return log;
    },
    kill: () => stop(child, "SIGKILL"),
    signal: (signal) => void child.kill(signal),
    [Symbol.asyncDispose]: () => stop(child, "SIGKILL"),
  };
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** This environment without what would steer the server under test. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(STAGEWIRE_|OPENAI_|PORT$|HOST$)/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: "1" };
}

async function ready(child: ChildProcess, log: () => string): Promise<string> {
  let printed = "";
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  return new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      printed += `${line}\n`;
      const url = /(?:Web| health) +(http:\/\/[^/\s]+)/.exec(line)?.[1];
      if (url) resolve(url);
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${printed}${log()}`)));
  });
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}
