import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type ServerOptions, type StagewireServer } from "@stagewire/server";

/** A server of the test's own on a free port, with a data folder that goes with it unless the test names one. */
export async function startServer(options: ServerOptions = {}): Promise<StagewireServer & { readonly data: string }> {
  const own = options.data === undefined ? await mkdtemp(join(tmpdir(), "stagewire-test-")) : undefined;
  const data = options.data ?? own ?? "";
  const server = await createServer({ port: 0, logLevel: "silent", ...options, data });
  const close = async () => {
    await server.close();
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  };
  return { ...server, data, close, [Symbol.asyncDispose]: close };
}

/** A folder that is removed at the end. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "stagewire-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
