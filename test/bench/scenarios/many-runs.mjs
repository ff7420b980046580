import { withRoles } from "../child.mjs";
import { spread, wait } from "../stats.mjs";

const RUNS = 5_000;
const STREAMING = { streaming: 100, rate: 10 };
/** What one socket may have by default. */
const PER_SOCKET = 200;
const WARM_MS = 3_000;
const WINDOW_MS = 10_000;
const FLOOR_MS = 100;
const FLOOR_CONNECTIONS = 4;

/** (f) Many runs watched at one server of a cluster that works none of them, over real sockets. */
export function manyRuns({ measured }) {
  return withRoles(async (start) => {
    const redis = start("redis");
    const redisUrl = await redis.call("listen");
    if (redisUrl === undefined) return nothing("there is no redis-server on the PATH");
    const api = start("command", measured);
    const { url } = await api.call("listen", {
      options: ["--role", "api", "--redis-url", redisUrl, "--log-level", "silent"],
    });
    const { connections } = await redis.call("facts");
    const keeper = start("keeper");
    const runs = await keeper.call("keep", { redisUrl, count: RUNS, ...STREAMING });
    const load = start("shared-sockets");
    // Nobody watches any, but every server reads the feed of all.
    await api.call("begin");
    await wait(WARM_MS);
    const idling = await api.call("end");
    const unwatched = await api.call("held");

    await api.call("begin");
    const joinedAt = performance.now();
    await load.call("connect", { url, runs, perSocket: PER_SOCKET });
    const joinMs = performance.now() - joinedAt;
    const joining = await api.call("end");

    await wait(WARM_MS);
    const measuring = [load, api, keeper];
    await Promise.all(measuring.map((role) => role.call("begin")));
    const before = await redis.call("facts");
    await wait(WINDOW_MS);
    const [{ events, frames, latencies }, { cpuUs, wallMs }, { appends }] = await Promise.all(
      measuring.map((role) => role.call("end")),
    );
    const after = await redis.call("facts");
    const watched = await api.call("held");
    const heads = await keeper.call("finish");
    const missing = await load.call("missing", { heads });
    await load.call("disconnect");
    const { p50, p99, max } = spread(latencies);
    const cpu = (us, ms) => us / ms / 10;

    return {
      title: `(f) ${RUNS.toLocaleString("en")} runs watched at one server (stagewire serve --role api) over ${RUNS / PER_SOCKET} WebSockets; each is written to every second, ${STREAMING.streaming} stream ${STREAMING.rate} tokens/s; ${WINDOW_MS / 1_000} s`,
      rows: [
        {
          name: "api",
          eventsPerSecond: events / (wallMs / 1_000),
          framesPerSecond: frames / (wallMs / 1_000),
          p50,
          p99,
          max,
          appendP99: spread(appends).p99,
          missing,
          cpu: cpu(cpuUs, wallMs),
          idleCpu: cpu(idling.cpuUs, idling.wallMs),
          redisCpu: cpu(after.cpuUs - before.cpuUs, wallMs),
          connections,
          kib: (watched.bytes - unwatched.bytes) / RUNS / 1_024,
          rss: watched.rss / 1_048_576,
          joinMs,
          joinCpu: cpu(joining.cpuUs, joining.wallMs),
        },
      ],
      columns: {
        name: "server",
        eventsPerSecond: "events/s",
        framesPerSecond: "frames/s",
        p50: "p50 ms",
        p99: "p99 ms",
        max: "max ms",
        appendP99: "append p99 ms",
        missing: "runs with missing events",
        cpu: "CPU %",
        idleCpu: "unwatched",
        redisCpu: "Redis CPU %",
        connections: "Redis connections",
        kib: "KiB a run",
        rss: "MiB in all",
        joinMs: "ms until all watched",
        joinCpu: "CPU % meanwhile",
      },
      floors: [
        { what: "p99 from an append to a watcher at another server", value: p99, limit: FLOOR_MS, unit: " ms" },
        { what: "connections to Redis", value: connections, limit: FLOOR_CONNECTIONS, unit: "" },
        { what: "runs whose watcher missed events", value: missing, limit: 0, unit: "" },
      ],
      notes: [
        "p50, p99 and max are from before the append to the client; append p99 is Redis' share, until its answer.",
        "KiB a run: what the server holds after a collection, with all runs watched less with none, sockets and the ends of logs included.",
      ],
    };
  });
}

function nothing(why) {
  return {
    title: `(f) Many runs watched at one server: not measured, ${why}`,
    rows: [],
    columns: { name: "" },
    floors: [],
  };
}
