import {
  buildPipeline,
  createEngine,
  type Engine,
  type EngineOptions,
  openSqliteLog,
  type RunLog,
} from "@stagewire/server";
import { pino } from "pino";
import { is } from "./scene.js";
import { temporaryFolder } from "./start-server.js";

/** An engine without doors, whose log a test can look into, with a run in its first step: its model says nothing. */
export interface BareEngine extends AsyncDisposable {
  readonly engine: Engine;
  readonly runId: string;
}

export interface BareEngineOptions extends Partial<EngineOptions> {
  /** Gets each method of the log as it is asked for, and answers with what is called instead. */
  wrap?(name: string, method: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown;
}

export async function openBareEngine({ wrap, ...options }: BareEngineOptions): Promise<BareEngine> {
  const folder = await temporaryFolder();
  const log = await openSqliteLog({ dir: folder.path });
  const wrapped: RunLog = new Proxy(log, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function" || typeof key !== "string") return value;
      const method = value.bind(target) as (...args: unknown[]) => unknown;
      return wrap ? wrap(key, method) : method;
    },
  });
  const engine = await createEngine({
    log: wrapped,
    model: {
      info: { kind: "openai", name: "silent" },
      generate: ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
        ),
      [Symbol.asyncDispose]: async () => {},
    },
    pipelines: [buildPipeline],
    maxConcurrentRuns: 4,
    maxAttempts: 2,
    maxTaskBytes: 1_000,
    maxRefinements: 3,
    prices: {},
    abandonedAfterMs: 60_000,
    logger: pino({ level: "silent" }),
    ...options,
  });
  const { runId } = await engine.start({ task: "build it" });
  for await (const { events } of engine.watch({ runId, signal: new AbortController().signal })) {
    if (events.some(is("stage_start"))) break;
  }
  return {
    engine,
    runId,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await log[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
