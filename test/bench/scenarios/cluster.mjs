import { withRoles } from "../child.mjs";
import { spread, wait } from "../stats.mjs";

const RUNS = 100;
const RATE = 20;
const WARM_MS = 3_000;
const WINDOW_MS = 10_000;
const FLOOR_MS = 50;
/** Short runs, so many more than there are places that these are always taken. */
const SHORT_RUNS = 60;
const SHORT = { rate: 20, most: 40 };
const PLACES = 5;
/** Two workers against one: the time that the same runs take. */
const FLOOR_SHARE = 1 / 1.8;

/** (e) Several servers on one Redis: from a worker's model to a watcher at another server, and two workers against one. */
export function cluster({ measured }) {
  return withRoles(async (start) => {
    const redisUrl = await start("redis").call("listen");
    if (redisUrl === undefined) return nothing("there is no redis-server on the PATH");
    const upstream = start("upstream");
    const baseUrl = await upstream.call("listen");
    const [api, worker, second] = [start("stagewire", measured), start("stagewire", measured), start("stagewire")];
    const node = (role, database, more) =>
      role.call("listen", { baseUrl, redisUrl: `${redisUrl}/${database}`, logLevel: "silent", ...more });

    const { url } = await node(api, 0, { role: ["api"] });
    await node(worker, 0, { role: ["worker"] });
    const load = start("watchers");
    const runs = [];
    for (let n = 0; n < RUNS; n++) {
      runs.push(await api.call("start", { task: JSON.stringify({ key: `stream-${n}`, rate: RATE }) }));
    }
    await load.call("connect", { door: "stagewire", url, runs, check: true });
    await wait(WARM_MS);
    await Promise.all([load.call("begin"), api.call("begin"), worker.call("begin")]);
    await wait(WINDOW_MS);
    const [{ latencies, logEvents }, apiCpu, workerCpu] = await Promise.all([
      load.call("end"),
      api.call("end"),
      worker.call("end"),
    ]);
    const written = await upstream.call("finish");
    const ended = await load.call("ended");
    const lost = ended.filter(({ output }, n) => output !== written[`stream-${n}`]).length;
    await load.call("disconnect");
    const { p50, p99, max } = spread(latencies);
    const cpu = ({ cpuUs, wallMs }) => cpuUs / wallMs / 10;

    const took = async (key) => {
      const startedAt = performance.now();
      const short = [];
      for (let n = 0; n < SHORT_RUNS; n++) {
        short.push(await second.call("start", { task: JSON.stringify({ key: `${key}-${n}`, ...SHORT }) }));
      }
      const watching = start("watchers");
      await watching.call("connect", { door: "stagewire", url: secondUrl, runs: short });
      await watching.call("ended");
      await watching.stop();
      return (performance.now() - startedAt) / 1_000;
    };
    const { url: secondUrl } = await node(second, 1, { role: ["api"] });
    const one = start("stagewire");
    await node(one, 1, { role: ["worker"], maxConcurrentRuns: PLACES });
    const byOne = await took("one");
    const two = start("stagewire");
    await node(two, 1, { role: ["worker"], maxConcurrentRuns: PLACES });
    const byTwo = await took("two");

    return {
      title: `(e) A cluster on one Redis: ${RUNS} runs × ${RATE} tokens/s at one worker, watched at another server, ${WINDOW_MS / 1_000} s; then ${SHORT_RUNS} runs of ${SHORT.most / SHORT.rate} s, ${PLACES} at a time a worker`,
      rows: [
        {
          name: "api + worker",
          eventsPerSecond: logEvents / (WINDOW_MS / 1_000),
          p50,
          p99,
          max,
          lost,
          apiCpu: cpu(apiCpu),
          workerCpu: cpu(workerCpu),
        },
        { name: "1 worker", seconds: byOne },
        { name: "2 workers", seconds: byTwo },
      ],
      columns: {
        name: "servers",
        eventsPerSecond: "log events/s",
        p50: "p50 ms",
        p99: "p99 ms",
        max: "max ms",
        lost: "runs with lost tokens",
        apiCpu: "api CPU %",
        workerCpu: "worker CPU %",
        seconds: "s for all runs",
      },
      floors: [
        { what: "p99 from the model's write to a watcher at another server", value: p99, limit: FLOOR_MS, unit: " ms" },
        { what: "time of two workers as a share of one's", value: byTwo / byOne, limit: FLOOR_SHARE, unit: "" },
        { what: "runs that lost tokens", value: lost, limit: 0, unit: "" },
      ],
      notes: ["The coalescer's wait is in these latencies: at this rate each token is an event of its own."],
    };
  });
}

function nothing(why) {
  return { title: `(e) A cluster on one Redis: not measured, ${why}`, rows: [], columns: { name: "" }, floors: [] };
}
