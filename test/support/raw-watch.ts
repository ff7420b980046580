import type { RunEvent } from "@stagewire/shared";
import { WebSocket } from "ws";

/** One tRPC subscription on a socket of its own, spoken by hand: a client that knows nothing but PROTOCOL.md. */
export interface RawWatch {
  readonly events: RunEvent[];
  /** The last cursor that came. */
  readonly cursor: string | undefined;
  /** Resolves once what came so far is enough. */
  until(enough: (events: readonly RunEvent[]) => boolean): Promise<void>;
  /** Resolves with true once the subscription is over, with false when the socket is gone before. */
  readonly over: Promise<boolean>;
  /** Breaks the connection off, without a close frame, as a network does. */
  destroy(): void;
  /** Says goodbye, and leaves. */
  close(): void;
  /** Stops and goes on reading from the socket. */
  pause(): void;
  resume(): void;
}

/** `onFrame` is called after each frame was taken in. */
export function rawWatch(
  url: string,
  runId: string,
  lastEventId?: string,
  onFrame: (watch: RawWatch) => void = () => {},
): RawWatch {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/trpc`);
  const events: RunEvent[] = [];
  let cursor = lastEventId;
  let wake: () => void = () => {};
  let settle: (over: boolean) => void = () => {};
  const over = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  socket.once("open", () => {
    const input = { runId, ...(lastEventId !== undefined && { lastEventId }) };
    socket.send(JSON.stringify({ id: 1, method: "subscription", params: { path: "runs.events", input } }));
  });
  socket.once("close", () => settle(false));
  socket.on("error", () => {});
  socket.on("message", (data: Buffer) => {
    // A socket that was destroyed may still deliver what had arrived: that is not seen any more.
    if (socket.readyState !== WebSocket.OPEN) return;
    const text = data.toString("utf8");
    if (text === "PING") return socket.send("PONG");
    const { result, error } = JSON.parse(text) as Message;
    if (error) throw new Error(error.message);
    if (result?.type === "stopped") {
      settle(true);
      socket.close();
    }
    if (result?.type !== "data") return;
    cursor = result.data.id;
    events.push(...result.data.data);
    wake();
    onFrame(watch);
  });
  const watch: RawWatch = {
    events,
    get cursor() {
      return cursor;
    },
    over,
    async until(enough) {
      while (!enough(events)) await new Promise<void>((resolve) => (wake = resolve));
    },
    destroy: () => socket.terminate(),
    close: () => socket.close(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
  return watch;
}

interface Message {
  result?: { type: string; id: string; data: { id: string; data: RunEvent[] } };
  error?: { message: string };
}
