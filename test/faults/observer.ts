import { setTimeout as delay } from "node:timers/promises";
import { type RunEvent, type RunView, reduce } from "@stagewire/shared";
import { WebSocket } from "ws";
import { checkContinuity, type Seen } from "./check-stream.js";
import type { Random } from "./random.js";
import type { World } from "./world.js";

/** A watcher that comes back by its cursor whatever happens to its socket, and checks each event as it comes. */
export interface Observer extends Seen {
  readonly runId: string;
  /** Resolves once the run is over, or it has left. */
  readonly over: Promise<void>;
  readonly gone: boolean;
  readonly closed: boolean;
  /** What the events come to so far. */
  readonly view: RunView | undefined;
  /** How its connection is, for one that waits for something that does not come. */
  readonly connection: string;
  /** Breaks its socket off, without a close frame. */
  drop(): void;
  /** Reads nothing for so many ms, though its socket is open. */
  stall(ms: number): Promise<void>;
  /** Is gone for good, without a word. */
  die(): void;
}

export interface ObserverOptions {
  readonly name: string;
  readonly runId: string;
  readonly detail?: "tokens" | "stages";
  /** The proxy's, or else the server's own. */
  readonly url?: string;
  readonly random: Random;
}

/** Errors after which the same request may succeed. */
const PASSING = new Set(["LOG_UNAVAILABLE", "SHUTTING_DOWN", "TOO_MANY_REQUESTS"]);

export function observe(
  world: World,
  { name, runId, detail = "tokens", url = world.url, random }: ObserverOptions,
): Observer {
  const events: RunEvent[] = [];
  let view: RunView | undefined;
  let cursor: string | undefined;
  let last = 0;
  let socket: WebSocket | undefined;
  let gone = false;
  let closed = false;
  /** By `performance.now()`. */
  const since = { begun: 0, opened: 0, pinged: 0, heard: 0 };
  let settle: () => void = () => {};
  const over = new Promise<void>((resolve) => (settle = resolve));

  const leave = () => {
    gone = true;
    socket?.terminate();
    settle();
  };
  const violate = (kind: "lost" | "other", what: string) => {
    world.violate({ kind, what: `${name}: ${what}`, runId, events: events.slice(-3) });
    leave();
  };
  const take = (event: RunEvent) => {
    const fault = checkContinuity(event, last, events);
    if (fault) {
      const { kind, what } = fault;
      world.violate({ kind, what: `${name}: ${what}`, runId, events: [...events.slice(-2), event] });
    }
    events.push(event);
    last = Math.max(last, event.seq);
    view = reduce(view, event);
    world.saw(event);
  };
  const onMessage = (text: string) => {
    if (text === "PING") {
      since.pinged = performance.now();
      return socket?.send("PONG");
    }
    since.heard = performance.now();
    const { result, error } = JSON.parse(text) as Message;
    if (error) {
      const code = error.data?.reason ?? "";
      if (PASSING.has(code)) return socket?.terminate();
      return violate("lost", `with cursor ${cursor ?? "none"} it is told: ${error.message}`);
    }
    if (result?.type === "data" && result.data) {
      for (const event of result.data.data) take(event);
      cursor = result.data.id;
      if (!cursor.endsWith(`-${last}`)) violate("other", `the cursor ${cursor} came with event ${last}`);
    }
    if (result?.type === "stopped") {
      if (events.at(-1)?.type !== "run_complete") return violate("lost", "its subscription ended before the run");
      closed = true;
      socket?.close();
      settle();
    }
  };
  const connect = () => {
    const own = new WebSocket(`${url.replace(/^http/, "ws")}/trpc`);
    socket = own;
    Object.assign(since, { begun: performance.now(), opened: 0, pinged: 0, heard: 0 });
    own.once("open", () => {
      since.opened = performance.now();
      const input = { runId, detail, ...(cursor !== undefined && { lastEventId: cursor }) };
      own.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "runs.events", input } }));
    });
    own.on("error", () => {});
    own.on("message", (data: Buffer) => {
      // What a socket that was broken off still delivers is not seen.
      if (own.readyState === WebSocket.OPEN && !gone) onMessage(data.toString("utf8"));
    });
    own.once("close", () => {
      if (gone || closed) return;
      void delay(random.int(5, 60)).then(() => !gone && connect());
    });
  };
  connect();
  return {
    name,
    runId,
    detail,
    events,
    over,
    get view() {
      return view;
    },
    get gone() {
      return gone;
    },
    get closed() {
      return closed;
    },
    get connection() {
      const ago = (at: number) => (at === 0 ? "never" : `${Math.round(performance.now() - at)} ms ago`);
      const times = Object.entries(since).map(([what, at]) => `${what} ${ago(at)}`);
      return `${url}, cursor ${cursor ?? "none"}, socket in state ${socket?.readyState}, ${times.join(", ")}`;
    },
    drop: () => socket?.terminate(),
    async stall(ms) {
      const own = socket;
      if (own?.readyState !== WebSocket.OPEN) return;
      own.pause();
      await delay(ms);
      own.resume();
    },
    die: leave,
  };
}

interface Message {
  result?: { type: string; data?: { id: string; data: RunEvent[] } };
  error?: { message: string; data?: { reason?: string } };
}
