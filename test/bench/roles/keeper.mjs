// What a log sees of servers that keep many runs: each is written to every second, and some stream besides.
import { openRedisLog } from "@stagewire/server";
import { serveRole } from "../role.mjs";
import { stampedToken } from "../token.mjs";

const STEP_MS = 5;
const CREATED_AT_ONCE = 500;
const PLACE = { stage: "write", iteration: 0, attempt: 1 };

let log;
let runs = [];
let timer;
let failure;
/** Ms from each append to its answer. */
let appends = [];
const pending = new Set();

serveRole({
  /** Creates so many runs, and keeps them: the first `streaming` get `rate` tokens a second each. */
  async keep({ redisUrl, count, streaming, rate }) {
    log = await openRedisLog({ url: redisUrl });
    runs = Array.from({ length: count }, (_, n) => ({ runId: `run-${n}`, seq: 1, text: 0 }));
    for (let at = 0; at < count; at += CREATED_AT_ONCE) {
      await Promise.all(runs.slice(at, at + CREATED_AT_ONCE).map(create));
    }
    const beats = clock(count);
    const tokens = clock(streaming * rate);
    timer = setInterval(() => {
      beats((n) => beat(runs[n % count]));
      tokens((n) => token(runs[n % streaming]));
    }, STEP_MS);
    return runs.map(({ runId }) => runId);
  },
  begin() {
    appends = [];
  },
  end: () => ({ appends }),
  /** Writes no more; where each run's log ends. */
  async finish() {
    clearInterval(timer);
    await Promise.all(pending);
    if (failure) throw failure;
    return runs.map(({ seq }) => seq);
  },
  async exit() {
    clearInterval(timer);
    await log?.[Symbol.asyncDispose]();
  },
});

/** Calls `due` for each thing that has become due, so many a second, with its number. */
function clock(perSecond) {
  const begun = performance.now();
  let done = 0;
  return (due) => {
    const now = Math.floor(((performance.now() - begun) / 1_000) * perSecond);
    while (done < now) due(done++);
  };
}

function create({ runId }) {
  const at = Date.now();
  const pipeline = { id: "bench", title: "Bench", stages: [{ id: "write", title: "Write" }] };
  const start = { type: "run_start", runId, seq: 1, at, task: runId, pipeline, options: {} };
  return log.create({ start, summary: summary(runId) });
}

/** The sign of life that every run that is kept gives; lists and the feed hear of it. */
function beat(run) {
  const event = { type: "progress", phase: "streaming", ...PLACE, elapsedMs: run.seq * 1_000, message: stampedToken() };
  append(run, event, { ...summary(run.runId), etaMs: run.seq });
}

function token(run) {
  const text = stampedToken();
  append(run, { type: "token", ...PLACE, channel: "output", offset: run.text, text });
  run.text += text.length;
}

function append(run, body, told) {
  const event = { ...body, runId: run.runId, seq: ++run.seq, at: Date.now() };
  const begun = performance.now();
  const appended = log
    .append({ runId: run.runId, epoch: 1, events: [event], ...(told && { summary: told }) })
    .then(() => appends.push(performance.now() - begun))
    .catch((error) => (failure ??= error))
    .finally(() => pending.delete(appended));
  pending.add(appended);
}

function summary(runId) {
  const at = Date.now();
  return { runId, status: "running", title: runId, pipeline: "bench", createdAt: at, updatedAt: at };
}
