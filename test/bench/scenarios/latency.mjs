import { withRoles } from "../child.mjs";
import { median, spread, wait } from "../stats.mjs";

const RUNS = 100;
const RATE = 50;
const WARM_MS = 3_000;
const WINDOW_MS = 10_000;
const FLOOR_MS = 150;
/** More than this between the medians of the window's ends, in ms, is falling behind. */
const DRIFT_MS = 20;

/** (c) Many runs at a model's usual speed: from the model's write to the watcher's event. */
export function latency({ measured }) {
  return withRoles(async (start) => {
    const upstream = start("upstream");
    const server = start("stagewire", measured);
    const load = start("watchers");
    const baseUrl = await upstream.call("listen");
    const { url } = await server.call("listen", { baseUrl });
    const runs = [];
    for (let n = 0; n < RUNS; n++) {
      runs.push(await server.call("start", { task: JSON.stringify({ key: `stream-${n}`, rate: RATE }) }));
    }
    await load.call("connect", { door: "stagewire", url, runs, check: true });
    await wait(WARM_MS);
    await Promise.all([load.call("begin"), server.call("begin")]);
    await wait(WINDOW_MS);
    const [{ latencies, tokens, logEvents, messages }, { cpuUs, wallMs }] = await Promise.all([
      load.call("end"),
      server.call("end"),
    ]);
    const written = await upstream.call("finish");
    const ended = await load.call("ended");

    const lost = ended.filter(({ output }, n) => output !== written[`stream-${n}`]).length;
    const fifth = Math.floor(latencies.length / 5);
    const driftMs = median(latencies.slice(-fifth)) - median(latencies.slice(0, fifth));
    const behind = lost > 0 || driftMs > DRIFT_MS;
    const { p50, p99, max } = spread(latencies);
    return {
      title: `(c) ${RUNS} runs × ${RATE} tokens/s, one watcher each, ${WINDOW_MS / 1_000} s: from the model's write to the watcher's event`,
      rows: [
        {
          name: "stagewire",
          tokensPerSecond: (tokens / wallMs) * 1_000,
          p50,
          p99,
          max,
          driftMs,
          lost,
          cpu: cpuUs / wallMs / 10,
          cpuUsPerToken: cpuUs / tokens,
          logEventsPerSecond: (logEvents / wallMs) * 1_000,
          framesPerSecond: (messages / wallMs) * 1_000,
        },
      ],
      columns: {
        name: "contender",
        tokensPerSecond: "tokens/s",
        p50: "p50 ms",
        p99: "p99 ms",
        max: "max ms",
        driftMs: "drift ms",
        lost: "runs with lost tokens",
        cpu: "CPU %",
        cpuUsPerToken: "CPU µs/token",
        logEventsPerSecond: "log events/s",
        framesPerSecond: "frames/s",
      },
      floors: [
        { what: "p99 from the model's write to the watcher's event", value: p99, limit: FLOOR_MS, unit: " ms" },
        { what: "runs that lost tokens or fell behind", value: behind ? Math.max(lost, 1) : 0, limit: 0, unit: "" },
      ],
      notes: [
        "drift: the last fifth's median minus the first fifth's; a server that falls behind has it grow with the window.",
      ],
    };
  });
}
