// The measured server: stagewire with a pipeline of one stage, so that the numbers are per token.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, definePipeline, openSqliteLog } from "@stagewire/server";
import { serveRole } from "../role.mjs";
import { writeRuns } from "./recorded-runs.mjs";

const pipeline = definePipeline({
  id: "bench",
  title: "Bench",
  stages: [{ id: "write", title: "Write", prompt: ({ task }) => [{ role: "user", content: task }] }],
});
const data = await mkdtemp(join(tmpdir(), "stagewire-bench-"));
let server;

serveRole({
  /** Starts the server, with `redisUrl` and `role` as one of a cluster; `recorded` puts runs of that many token events into its log before. */
  async listen({ baseUrl, recorded, maxConcurrentRuns = 200, ...cluster }) {
    let runs;
    if (recorded) {
      const log = await openSqliteLog({ dir: data });
      runs = await writeRuns(log, recorded);
      await log[Symbol.asyncDispose]();
    }
    server = await createServer({
      port: 0,
      data,
      openaiBaseUrl: baseUrl,
      model: "bench",
      pipelines: [pipeline],
      maxConcurrentRuns,
      logLevel: "error",
      ...cluster,
    });
    return { url: `${server.url.replace(/^http/, "ws")}/trpc`, runs };
  },
  async start({ task }) {
    return (await server.engine.start({ task, pipeline: "bench" })).runId;
  },
  async exit() {
    await server?.close();
    await rm(data, { recursive: true, force: true });
  },
});
