// The run log in Redis beside SQLite: appends, and the tail of a process that watches many runs another one writes.
// node test/bench/redis-log.mjs [--runs 5000] [--rate 2000] [--seconds 5]; needs redis-server and a build (npx tsc -b).
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { openRedisLog, openSqliteLog } from "../../server/dist/log/index.js";

const { values: settings } = parseArgs({
  options: {
    runs: { type: "string", default: "5000" },
    rate: { type: "string", default: "2000" },
    seconds: { type: "string", default: "5" },
    watcher: { type: "string" },
  },
});
const SECONDS = Number(settings.seconds);
/** What is to be closed in the end, the last first. */
const opened = [];
const use = (thing) => {
  opened.push(thing);
  return thing;
};
const closeAll = async () => {
  while (opened.length > 0) await opened.pop()[Symbol.asyncDispose]();
};
const now = () => performance.timeOrigin + performance.now();

if (settings.watcher) await watcher(settings.watcher);
else await main();

async function main() {
  console.log(
    `Node ${process.version}, load average ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")}`,
  );
  const dir = mkdtempSync(join(tmpdir(), "stagewire-bench-"));
  try {
    console.log(`\nAppends of three tokens, each run waiting for its own before the next, ${SECONDS} s each`);
    for (const runs of [1, 20, 100]) {
      const sqlite = use(await openSqliteLog({ dir: join(dir, `sqlite-${runs}`) }));
      report(`sqlite, ${runs} runs`, await appends(sqlite, runs));
      for (const fsync of ["everysec", "always"]) {
        const redis = use(await startRedis(dir, fsync));
        const log = use(await openRedisLog({ url: redis.url, prefix: `bench-${fsync}-${runs}` }));
        const before = await redis.cpu();
        const figures = await appends(log, runs);
        report(`redis ${fsync}, ${runs} runs`, { ...figures, redisUs: ((await redis.cpu()) - before) / figures.count });
      }
      await closeAll();
    }
    console.log(`\nTail: one process writes, another watches; ${settings.rate} events/s over all runs, ${SECONDS} s`);
    for (const runs of [100, 1_000, Number(settings.runs)]) await tail(dir, runs, Number(settings.rate));
  } finally {
    await closeAll();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function appends(log, runs) {
  const until = performance.now() + SECONDS * 1_000;
  const waits = [];
  const cpu = process.cpuUsage();
  await Promise.all(
    Array.from({ length: runs }, async (_, index) => {
      const runId = `run-${index}`;
      await create(log, runId);
      log.subscribe(runId, () => {});
      for (let seq = 2; performance.now() < until; seq += 3) {
        const events = [0, 1, 2].map((offset) => token(runId, seq + offset, "some words of it "));
        const began = performance.now();
        await log.append({ runId, epoch: 1, events });
        waits.push(performance.now() - began);
      }
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  return { count: waits.length, perSecond: waits.length / SECONDS, waits, ownUs: (user + system) / waits.length };
}

async function tail(dir, runs, rate) {
  const redis = use(await startRedis(dir, "everysec"));
  const log = use(await openRedisLog({ url: redis.url, prefix: "tail" }));
  const ids = Array.from({ length: runs }, (_, index) => `run-${index}`);
  for (let at = 0; at < runs; at += 500) await Promise.all(ids.slice(at, at + 500).map((id) => create(log, id)));
  const child = fork(fileURLToPath(import.meta.url), ["--watcher", JSON.stringify({ url: redis.url, runs })]);
  const told = (type) =>
    new Promise((resolve) => {
      const listen = (message) => {
        if (message.type !== type) return;
        child.off("message", listen);
        resolve(message);
      };
      child.on("message", listen);
    });
  await told("ready");
  const seqs = new Map();
  const own = [];
  const redisBefore = await redis.cpu();
  const began = performance.now();
  let sent = 0;
  // In steps of 5 ms, as many runs each as the rate asks for.
  while (performance.now() - began < SECONDS * 1_000) {
    const due = Math.floor(((performance.now() - began) / 1_000) * rate);
    for (; sent < due; sent++) {
      const runId = ids[sent % runs];
      const seq = (seqs.get(runId) ?? 1) + 1;
      seqs.set(runId, seq);
      const at = performance.now();
      void log.append({ runId, epoch: 1, events: [token(runId, seq, String(now()))] }).then(() => {
        own.push(performance.now() - at);
      });
    }
    await delay(5);
  }
  const redisMs = ((await redis.cpu()) - redisBefore) / 1_000;
  child.send({ sent });
  const { waits, cpuMs } = await told("done");
  report(`${runs} watched`, { perSecond: sent / SECONDS, waits, appendMs: own });
  const share = (ms) => `${((ms / (SECONDS * 1_000)) * 100).toFixed(0)} %`;
  console.log(`    of a core: watcher ${share(cpuMs)}, redis ${share(redisMs)}; heard ${waits.length} of ${sent}`);
  child.disconnect();
  await once(child, "exit");
  await closeAll();
}

/** In a process of its own: watches all runs, and says how late each event came. */
async function watcher(json) {
  const { url, runs } = JSON.parse(json);
  const log = await openRedisLog({ url, prefix: "tail" });
  const waits = [];
  for (let index = 0; index < runs; index++) {
    log.subscribe(`run-${index}`, ({ events }) => {
      for (const event of events) waits.push(now() - Number(event.text));
    });
  }
  // Answered after every place was found.
  await log.head("run-0");
  await delay(500);
  const before = process.cpuUsage();
  process.send({ type: "ready" });
  const finish = async (sent) => {
    const { user, system } = process.cpuUsage(before);
    for (let wait = 0; waits.length < sent && wait < 100; wait++) await delay(50);
    process.send({ type: "done", waits, cpuMs: (user + system) / 1_000 });
  };
  process.on("message", ({ sent }) => void finish(sent));
  process.once("disconnect", () => process.exit(0));
}

async function startRedis(dir, fsync) {
  const port = await freePort();
  const folder = mkdtempSync(join(dir, "redis-"));
  const durable = ["--appendonly", "yes", "--appendfsync", fsync, "--save", ""];
  const child = spawn("redis-server", ["--port", port, "--bind", "127.0.0.1", "--dir", folder, ...durable]);
  const client = new Redis(port, { retryStrategy: () => 50, maxRetriesPerRequest: null });
  client.on("error", () => {});
  await client.ping();
  return {
    url: `redis://127.0.0.1:${port}`,
    /** µs of its main thread so far. */
    async cpu() {
      const info = await client.info("cpu");
      const of = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? 0);
      return (of("used_cpu_user_main_thread") + of("used_cpu_sys_main_thread")) * 1e6;
    },
    async [Symbol.asyncDispose]() {
      client.disconnect();
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function report(name, { perSecond, waits, ownUs, redisUs, appendMs }) {
  const of = (values, share) => {
    const sorted = values.toSorted((a, b) => a - b);
    return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2);
  };
  const parts = [
    `${Math.round(perSecond)}/s`,
    `ms p50 ${of(waits, 0.5)} p99 ${of(waits, 0.99)} most ${of(waits, 1)}`,
    ownUs !== undefined && `${ownUs.toFixed(0)} µs of this process each`,
    redisUs !== undefined && `${redisUs.toFixed(0)} µs of redis each`,
    appendMs && `append ms p50 ${of(appendMs, 0.5)} p99 ${of(appendMs, 0.99)}`,
  ];
  console.log(`  ${name.padEnd(26)} ${parts.filter(Boolean).join(", ")}`);
}

async function create(log, runId) {
  const pipeline = { id: "build", title: "Build", stages: [] };
  const start = { runId, seq: 1, at: 1, type: "run_start", task: "t", pipeline, options: {} };
  const summary = { runId, status: "running", title: "t", pipeline: "build", createdAt: 1, updatedAt: 1 };
  await log.create({ start, summary });
}

function token(runId, seq, text) {
  const place = { stage: "architecture", iteration: 0, attempt: 1, channel: "output", offset: 0 };
  return { runId, seq, at: Date.now(), type: "token", ...place, text };
}
