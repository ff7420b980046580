// Load: many watchers in one process. They only count, so that they never are what is measured.
import { WebSocket } from "ws";
import { serveRole } from "../role.mjs";
import { ages, countOf, countTokens, now } from "../token.mjs";
import { doors } from "./doors.mjs";

const SEQ = Buffer.from('"seq":');
const RUN_COMPLETE = Buffer.from('"run_complete"');
/** Sockets that are opened at a time. */
const AT_ONCE = 50;

let watchers = [];
let counts = zero();

function zero() {
  return { messages: 0, bytes: 0, tokens: 0, wireEvents: 0, latencies: [] };
}

serveRole({
  /** Opens one socket for each of `runs`, one in `sampleEvery` of which measures latencies. Resolves when all watch. */
  async connect({ door, url, runs, sampleEvery = 1, check = false }) {
    for (let first = 0; first < runs.length; first += AT_ONCE) {
      const batch = runs.slice(first, first + AT_ONCE);
      watchers.push(
        ...(await Promise.all(
          batch.map((run, index) => watch(doors[door], url, run, (first + index) % sampleEvery === 0, check)),
        )),
      );
    }
  },
  begin() {
    counts = zero();
    for (const watcher of watchers) watcher.from = position(watcher);
  },
  end() {
    const logEvents = watchers.reduce((sum, watcher) => sum + position(watcher) - watcher.from, 0);
    return { ...counts, logEvents };
  },
  /** Resolves when every watcher saw its run's end, with what it made of it. */
  async ended() {
    await Promise.all(watchers.map(({ ended }) => ended));
    return watchers.map(({ run, streamed, output }) => ({ run, streamed, output }));
  },
  disconnect() {
    for (const { socket } of watchers) socket.terminate();
    watchers = [];
  },
  resume,
});

async function watch(door, url, run, sampled, check) {
  const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
  const watcher = { socket, run, last: undefined, from: 0, next: 1, streamed: 0, output: undefined };
  watcher.ended = new Promise((resolve, reject) => {
    socket.on("message", (/** @type {Buffer} */ data) => {
      if (!door.isEvent(data, socket)) return;
      counts.messages++;
      counts.bytes += data.length;
      counts.tokens += countTokens(data);
      counts.wireEvents += countOf(data, SEQ);
      watcher.last = data;
      if (sampled)
        counts.latencies.push(...ages(data.toString("latin1"), now()).map((age) => Math.round(age * 10) / 10));
      if (check) verify(watcher, data);
      if (data.includes(RUN_COMPLETE)) resolve();
    });
    socket.once("close", (code) => reject(new Error(`a watcher's socket was closed (${code})`)));
  });
  watcher.ended.catch(() => {});
  await door.subscribe(socket, { runId: run });
  return watcher;
}

/** The event that a watcher stands at, by the cursor of its last frame. */
function position({ last }) {
  const cursor = last && /"id":"\d+-(\d+)"/.exec(last.toString("latin1", 0, 120));
  return cursor ? Number(cursor[1]) : 0;
}

/** Continuity, and how many tokens came as tokens and how many the stage's end says there were. */
function verify(watcher, data) {
  for (const event of JSON.parse(data).result.data.data) {
    if ((event.from ?? event.seq) !== watcher.next) {
      throw new Error(`run ${watcher.run}: event ${event.from ?? event.seq} came where ${watcher.next} was due`);
    }
    watcher.next = event.seq + 1;
    if (event.type === "token") watcher.streamed += countTokens(Buffer.from(event.text));
    if (event.type === "stage_complete") watcher.output = countTokens(Buffer.from(event.output));
  }
}

/** One watcher that comes (back) to a run: how long from its request until it has event `until`, and what it cost. */
async function resume({ door: name, url, request, until }) {
  const door = doors[name];
  const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
  try {
    let messages = 0;
    let bytes = 0;
    let startedAt;
    const caughtUp = new Promise((resolve, reject) => {
      socket.on("message", (/** @type {Buffer} */ data) => {
        if (!door.isEvent(data, socket)) return;
        messages++;
        bytes += data.length;
        if (door.seq(data) >= until) resolve();
      });
      socket.once("close", (code) => reject(new Error(`the socket was closed (${code}) before it had caught up`)));
    });
    await door.subscribe(socket, request, () => (startedAt = performance.now()));
    await caughtUp;
    return { ms: performance.now() - startedAt, messages, bytes };
  } finally {
    socket.removeAllListeners("close");
    socket.terminate();
  }
}
