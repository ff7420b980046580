import { once } from "node:events";
import { WebSocket } from "ws";

/** A message of the server, as loosely as a test wants to read it. */
export interface RawAnswer {
  readonly id: unknown;
  readonly error?: {
    message: string;
    code: number;
    data: { reason?: string; code: string; stack?: string; path?: string };
  };
  readonly result?: { type: string; data?: unknown };
}

/** A WebSocket without any client around it. */
export interface RawSocket extends AsyncDisposable {
  send(message: unknown): void;
  sendText(text: string): void;
  /** The next message that nobody took yet. */
  next(): Promise<RawAnswer>;
  /** The code with which the server closed the socket. */
  readonly closed: Promise<number>;
}

export async function openRawSocket(url: string, path = "/trpc"): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}${path}`);
  const messages: RawAnswer[] = [];
  const takers: ((answer: RawAnswer) => void)[] = [];
  socket.on("message", (data: Buffer) => {
    const answer = JSON.parse(data.toString("utf8")) as RawAnswer;
    const taker = takers.shift();
    if (taker) taker(answer);
    else messages.push(answer);
  });
  // A socket that the server ends in the middle of a frame fails too; the close tells.
  socket.on("error", () => {});
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await once(socket, "open");
  return {
    send: (message) => socket.send(JSON.stringify(message)),
    sendText: (text) => socket.send(text),
    next() {
      const answer = messages.shift();
      return answer ? Promise.resolve(answer) : new Promise((resolve) => takers.push(resolve));
    },
    closed,
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed;
    },
  };
}
