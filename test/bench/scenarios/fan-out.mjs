import { setTimeout as delay } from "node:timers/promises";
import { withRoles } from "../child.mjs";
import { spread, sum, wait } from "../stats.mjs";

/** Watchers, and tokens a second: what a model writes, as far as a server with one send an event can follow. */
const SIZES = [
  { watchers: 100, rate: 100 },
  { watchers: 1_000, rate: 50 },
];
const CONTENDERS = ["stagewire", "raw-ws", "socket-io", "plain-trpc"];
const LOAD_PROCESSES = 2;
const SAMPLES = 20;
const WARM_MS = 2_000;
const WINDOW_MS = 3_000;
/** A server that does not answer for so long, before the window or after it, can't keep up, in ms. */
const OVERLOADED_MS = 8_000;
const FLOOR = 1;

/** (b) One run to many watchers, against servers that send every token by itself. */
export function fanOut({ measured, only }) {
  const names = CONTENDERS.filter((name) => !only || only.includes(name));
  return withRoles(async (start) => {
    const upstream = start("upstream");
    const loads = Array.from({ length: LOAD_PROCESSES }, () => start("watchers"));
    const baseUrl = await upstream.call("listen");
    const servers = await Promise.all(
      names.map(async (name) => {
        const role = start(name, measured);
        return { name, role, baseUrl, url: (await role.call("listen", { baseUrl })).url };
      }),
    );
    const rows = [];
    for (const size of SIZES) {
      const group = [];
      for (const server of servers) {
        if (rows.some(({ name, overloaded }) => overloaded && name === server.name)) continue;
        group.push(await measure(server, size, upstream, loads));
      }
      const raw = group.find(({ name }) => name === "raw-ws");
      rows.push(...group.map((row) => ({ ...row, ratio: row.cpuUsPerToken / raw?.cpuUsPerToken })));
    }
    return {
      title: `(b) one run to many watchers, ${SIZES.map(({ watchers, rate }) => `${watchers} at ${rate} tokens/s`).join(", ")}; an event is a model's token that reached a watcher`,
      rows,
      columns: {
        name: "contender",
        watchers: "watchers",
        deliveredPerSecond: "events/s",
        missing: "missing %",
        cpu: "CPU %",
        cpuUsPerToken: "CPU µs/event",
        ratio: "× raw ws",
        framesPerSecond: "frames/s",
        wireEventsPerSecond: "wire events/s",
        cpuUsPerFrame: "CPU µs/frame",
        cpuUsPerLogEvent: "CPU µs/log event",
        p50: "p50 ms",
        p99: "p99 ms",
      },
      floors: rows
        .filter(({ name, ratio }) => name === "stagewire" && ratio > 0)
        .map(({ watchers, ratio }) => ({
          what: `server CPU per delivered event at ${watchers} watchers, × raw ws`,
          value: ratio,
          limit: FLOOR,
          unit: "×",
        })),
      notes: [
        "stagewire puts tokens together: a log event holds those of up to 33 ms, a frame to many watchers those of up to 125 ms.",
        "CPU µs/log event divides by log events instead of tokens, which is what it costs where nothing is put together.",
        "overloaded: the server did not answer within 8 s before the window or after it, and was ended; what comes after is left out.",
        "missing: tokens that were due in the window by the clock and did not arrive in it; a contender that can't keep up has many.",
      ],
    };
  });
}

/**
 * `{ value }` with what the server answered. A server that is far behind may not come back to its event loop for
 * minutes: it is given up then, with `undefined`, and has to be ended.
 */
async function answered(role, method) {
  const gaveUp = new AbortController();
  const answering = role.call(method).then((value) => ({ value }));
  // Killing it later rejects this too, when nobody listens any more.
  answering.catch(() => {});
  try {
    return await Promise.race([answering, delay(OVERLOADED_MS, undefined, { signal: gaveUp.signal })]);
  } finally {
    gaveUp.abort();
  }
}

async function measure({ name, role, baseUrl, url }, { watchers, rate }, upstream, loads) {
  const all = (method, args) => Promise.all(loads.map((load) => load.call(method, args)));
  const task = JSON.stringify({ key: `${name} ${watchers}`, rate });
  const own = name === "stagewire";
  // stagewire's watchers need a run to watch; the others wait for the first token.
  const run = own ? await role.call("start", { task }) : "run";
  const runs = Array.from({ length: watchers / LOAD_PROCESSES }, () => run);
  await all("connect", { door: name, url, runs, sampleEvery: Math.floor(watchers / SAMPLES) });
  if (!own) await role.call("start", { baseUrl, task });
  await wait(WARM_MS);
  const [begun] = await Promise.all([answered(role, "begin"), all("begin")]);
  if (begun) await wait(WINDOW_MS);
  const ending = begun && answered(role, "end");
  const counts = await all("end");
  await upstream.call("finish");
  const ended = await ending;
  await all("disconnect");
  if (!ended) {
    role.kill();
    return { name, watchers, deliveredPerSecond: "overloaded", overloaded: true };
  }
  const { cpuUs, wallMs } = ended.value;
  const total = (what) => sum(counts.map((count) => count[what]));
  const tokens = total("tokens");
  return {
    name,
    watchers,
    deliveredPerSecond: (tokens / wallMs) * 1_000,
    missing: Math.max(0, 100 - (tokens / (watchers * rate * wallMs)) * 100_000),
    cpu: cpuUs / wallMs / 10,
    cpuUsPerToken: cpuUs / tokens,
    cpuUsPerFrame: cpuUs / total("messages"),
    framesPerSecond: (total("messages") / wallMs) * 1_000,
    wireEventsPerSecond: (total("wireEvents") / wallMs) * 1_000,
    cpuUsPerLogEvent: cpuUs / (own ? total("logEvents") : tokens),
    ...spread(counts.flatMap(({ latencies }) => latencies)),
  };
}
