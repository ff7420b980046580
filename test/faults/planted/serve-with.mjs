// `stagewire serve` with another run log: proves that the campaign finds bugs. Never part of the product.
import { parseArgs } from "node:util";
import {
  buildPipeline,
  createEngine,
  createModel,
  createServer,
  loadConfig,
  openRedisLog,
  openSqliteLog,
} from "@stagewire/server";
import { pino } from "pino";

/** Serves with what `plant` makes of the log. SIGUSR2 starts a second engine on it, as a cluster does that takes a worker for dead. */
export async function serveWith(plant) {
  const { values } = parseArgs({ options: { port: { type: "string" }, data: { type: "string" } } });
  const { config } = await loadConfig({ flags: values, env: process.env, cwd: process.cwd() });
  const { data: dir, redisUrl: url } = config;
  const open = async () => plant(await (url === undefined ? openSqliteLog({ dir }) : openRedisLog({ url })));
  const log = await open();
  const server = await createServer({ ...config, log });
  const takeOver = async () => {
    const model = await createModel(config);
    // In Redis over a connection of its own, as another machine has it.
    const its = url === undefined ? log : await open();
    await createEngine({ ...config, log: its, model, pipelines: [buildPipeline], logger: pino({ level: "silent" }) });
  };
  process.on("SIGUSR2", () => {
    // Whoever finds no Redis takes nothing over.
    takeOver().catch((error) => {
      if (error.code !== "DATA_UNAVAILABLE" && error.code !== "LOG_UNAVAILABLE") throw error;
    });
  });
  console.log(`  Web    ${server.url}`);
}

/** The methods of a log, to put others in their places. */
export function methodsOf(log) {
  return { ...log, [Symbol.asyncDispose]: () => log[Symbol.asyncDispose]() };
}
