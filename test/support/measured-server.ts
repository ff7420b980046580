import { fork } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ServerOptions } from "@stagewire/server";
import { cleanEnvironment } from "./server-process.js";

/** What a server process holds after everything that can be freed was freed. */
export interface Held {
  /** Bytes of its heap, and of buffers outside of it. */
  readonly bytes: number;
  /** Bytes of memory of the whole process. */
  readonly rss: number;
  /** Timers, sockets and servers that would keep it alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  /** Open file descriptors. */
  readonly files: number;
}

/** A server in a process of its own that can be asked what it holds. */
export interface MeasuredServer extends AsyncDisposable {
  readonly url: string;
  held(): Promise<Held>;
}

const SCRIPT = fileURLToPath(new URL("./measured-server.mjs", import.meta.url));

export async function startMeasuredServer(options: ServerOptions): Promise<MeasuredServer> {
  const child = fork(SCRIPT, [JSON.stringify({ ...options, port: 0, model: "test" })], {
    execArgv: ["--expose-gc"],
    env: cleanEnvironment(),
  });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return {
    url,
    async held() {
      child.send("held");
      const [held] = (await once(child, "message")) as [Omit<Held, "files">];
      return { ...held, files: (await readdir(`/proc/${child.pid}/fd`)).length };
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
