import { withRoles } from "../child.mjs";
import { median, sum } from "../stats.mjs";

const RUNS = 10;
const TOKENS = 10_240;
const WARM_TOKENS = 2_560;
const ROUNDS = 3;
const FLOOR = 2;

/** (a) Model → log → one watcher a run, as fast as it goes, against the SDK's loop alone; in turns, median of three. */
export function modelToWatcher({ measured }) {
  return withRoles(async (start) => {
    const upstream = start("upstream");
    const bare = start("sdk-loop", measured);
    const server = start("stagewire", measured);
    const load = start("watchers");
    const baseUrl = await upstream.call("listen");
    const { url } = await server.call("listen", { baseUrl });

    const readBare = async (tokens) => {
      await bare.call("begin");
      const read = await bare.call("read", { baseUrl, streams: RUNS, tokens });
      if (read !== RUNS * tokens) throw new Error(`the SDK's loop read ${read} of ${RUNS * tokens} tokens`);
      return perToken(await bare.call("end"), read);
    };
    const readStagewire = async (tokens) => {
      await server.call("begin");
      const runs = [];
      for (let n = 0; n < RUNS; n++) runs.push(await server.call("start", { task: JSON.stringify({ tokens }) }));
      await load.call("begin");
      await load.call("connect", { door: "stagewire", url, runs, sampleEvery: Infinity, check: true });
      const ended = await load.call("ended");
      const result = await server.call("end");
      const { wireEvents, messages } = await load.call("end");
      await load.call("disconnect");
      const read = sum(ended.map(({ output }) => output));
      if (read !== RUNS * tokens) throw new Error(`watchers got ${read} of ${RUNS * tokens} tokens`);
      return { ...perToken(result, read), wireEvents, frames: messages };
    };

    await readBare(WARM_TOKENS);
    await readStagewire(WARM_TOKENS);
    const rounds = { bare: [], stagewire: [] };
    for (let round = 0; round < ROUNDS; round++) {
      rounds.bare.push(await readBare(TOKENS));
      rounds.stagewire.push(await readStagewire(TOKENS));
    }
    const contenders = [
      { name: "stagewire, log and one watcher a run", ...middle(rounds.stagewire) },
      { name: "openai SDK loop, nothing else", ...middle(rounds.bare) },
    ];
    const ratio = contenders[0].cpuUsPerToken / contenders[1].cpuUsPerToken;
    return {
      title: `(a) ${RUNS} runs at full upstream speed, ${TOKENS} tokens each, median of ${ROUNDS} rounds`,
      rows: contenders.map((row) => ({ ...row, ratio: row.cpuUsPerToken / contenders[1].cpuUsPerToken })),
      columns: {
        name: "contender",
        tokensPerSecond: "tokens/s",
        cpuUsPerToken: "CPU µs/token",
        ratio: "× SDK loop",
        wireEvents: "events sent",
        frames: "frames",
      },
      floors: [{ what: "server CPU per token, × the bare SDK loop", value: ratio, limit: FLOOR, unit: "×" }],
    };
  });
}

function perToken({ cpuUs, wallMs }, tokens) {
  return { tokensPerSecond: (tokens / wallMs) * 1_000, cpuUsPerToken: cpuUs / tokens };
}

/** The round with the median CPU, its speed and counts with it. */
function middle(rounds) {
  const value = median(rounds.map(({ cpuUsPerToken }) => cpuUsPerToken));
  return rounds.find(({ cpuUsPerToken }) => cpuUsPerToken === value);
}
