// Load: watchers of many runs that share a few sockets, as a service or a wall of runs does.
import { once } from "node:events";
import { WebSocket } from "ws";
import { serveRole } from "../role.mjs";
import { ages, now } from "../token.mjs";

const BEHIND_MS = 10_000;

let sockets = [];
/** By the run's place in `runs`: where its watcher stands. */
let seqs = [];
let counts = zero();
let broken;

function zero() {
  return { frames: 0, events: 0, latencies: [] };
}

serveRole({
  /** Watches all of `runs`, so many on a socket. Resolves when all watch. */
  async connect({ url, runs, perSocket }) {
    seqs = runs.map(() => 0);
    for (let first = 0; first < runs.length; first += perSocket) {
      await watch(url, runs.slice(first, first + perSocket), first);
    }
  },
  begin() {
    counts = zero();
  },
  end() {
    if (broken) throw broken;
    return counts;
  },
  /** How many watchers do not come to the end of their run's log. */
  async missing({ heads }) {
    const until = performance.now() + BEHIND_MS;
    const behind = () => heads.filter((head, n) => seqs[n] !== head).length;
    while (behind() > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    if (broken) throw broken;
    return behind();
  },
  disconnect() {
    for (const socket of sockets) socket.terminate();
    sockets = [];
  },
});

async function watch(url, runs, first) {
  const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
  sockets.push(socket);
  await once(socket, "open");
  let started = 0;
  await new Promise((resolve, reject) => {
    socket.on("message", (/** @type {Buffer} */ data) => {
      const text = data.toString();
      if (text === "PING") return socket.send("PONG");
      const { id, error, result } = JSON.parse(text);
      if (error) reject(new Error(`a subscription was refused: ${text}`));
      else if (result.type === "data") take(first + id, result.data.data, text);
      else if (++started === runs.length) resolve();
    });
    socket.once("close", (code) => {
      broken ??= new Error(`a watcher's socket was closed (${code})`);
      reject(broken);
    });
    runs.forEach((runId, id) => {
      const params = { path: "runs.events", input: { runId } };
      socket.send(JSON.stringify({ id, jsonrpc: "2.0", method: "subscription", params }));
    });
  });
}

function take(n, events, text) {
  for (const event of events) {
    const first = event.from ?? event.seq;
    if (first !== seqs[n] + 1) broken ??= new Error(`watcher ${n}: event ${first} came where ${seqs[n] + 1} was due`);
    seqs[n] = event.seq;
  }
  counts.frames++;
  counts.events += events.length;
  for (const age of ages(text, now())) counts.latencies.push(age);
}
