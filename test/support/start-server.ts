import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type ServerOptions, type StagewireServer } from "@stagewire/server";
import { clusterForTests } from "./test-cluster.js";

/**
 * A server of the test's own on a free port, with a data folder that goes with it unless the test names one. In the
 * project "cluster" it serves clients alone, and another one on its Redis works the runs.
 */
export async function startServer(options: ServerOptions = {}): Promise<StagewireServer & { readonly data: string }> {
  const cluster = options.data === undefined && options.log === undefined ? clusterForTests() : undefined;
  if (cluster) return await startPair({ ...options, redisUrl: await cluster.nextDatabase() });
  const own = options.data === undefined ? await mkdtemp(join(tmpdir(), "stagewire-test-")) : undefined;
  const data = options.data ?? own ?? "";
  const server = await createServer({ port: 0, logLevel: "silent", ...options, data });
  const close = async () => {
    await server.close();
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  };
  return { ...server, data, close, [Symbol.asyncDispose]: close };
}

async function startPair(options: ServerOptions): Promise<StagewireServer & { readonly data: string }> {
  const both = { port: 0, logLevel: "silent", ...options } as const;
  const worker = await createServer({ ...both, port: 0, role: ["worker"] });
  const server = await createServer({ ...both, role: ["api"] });
  const close = async () => {
    await server.close();
    await worker.close();
  };
  return { ...server, data: "", close, [Symbol.asyncDispose]: close };
}

/** A folder that is removed at the end. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "stagewire-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
