import { mkdir, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { join } from "node:path";

/** Where the CPU profile of each measured window goes; without it nothing is profiled. */
const { STAGEWIRE_BENCH_PROFILES: PROFILES } = process.env;

/**
 * Makes this process answer its parent's calls with `methods`. Besides those it knows `begin` and `end`, which measure
 * the CPU that this process used in between, and `exit`. It ends when its parent is gone.
 */
export function serveRole(methods) {
  let cpu = process.cpuUsage();
  let startedAt = performance.now();
  let profiling;
  const known = {
    ...methods,
    async begin(args) {
      await methods.begin?.(args);
      profiling = PROFILES && (await startProfile());
      cpu = process.cpuUsage();
      startedAt = performance.now();
    },
    async end(args) {
      const { user, system } = process.cpuUsage(cpu);
      const wallMs = performance.now() - startedAt;
      await profiling?.();
      return { cpuUs: user + system, wallMs, ...(await methods.end?.(args)) };
    },
    async exit() {
      await methods.exit?.();
      // Not at once: the answer has to go out.
      setImmediate(() => process.exit(0));
    },
  };
  process.on("message", ({ id, method, args }) => {
    void answer(known[method], args).then((reply) => process.send({ id, ...reply }));
  });
  process.once("disconnect", () => process.exit(1));
}

async function answer(method, args) {
  try {
    return { result: await method(args) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

let profiles = 0;

async function startProfile() {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  return async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    const role = /([^/\\]+)\.mjs$/.exec(process.argv[1])?.[1];
    await mkdir(PROFILES, { recursive: true });
    await writeFile(join(PROFILES, `${role}-${++profiles}.cpuprofile`), JSON.stringify(profile));
  };
}
