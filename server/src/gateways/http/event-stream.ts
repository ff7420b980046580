import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import { createDrain } from "../drain.js";
import { responseOutlet } from "./response-outlet.js";

/** Between two comments that keep proxies awake, in ms. */
export const HEARTBEAT_MS = 15_000;

/** A `text/event-stream` answer that begins only once there is something to stream. */
export interface EventStream {
  /** Aborted when the reader leaves. */
  readonly signal: AbortSignal;
  /** True once the answer has begun: its status can't be chosen any more. */
  readonly opened: boolean;
  /** For a watcher to ask before each frame: the first time it begins the answer, then it waits for a slow reader. */
  ready(): Promise<void> | undefined;
  /** Whole messages, each with the empty line at its end. */
  write(messages: string): void;
  end(): void;
}

/** Prepares an answer to this request. */
export function createEventStream(reply: FastifyReply): EventStream {
  const response = reply.raw;
  const leaving = new AbortController();
  const drain = createDrain(responseOutlet(response));
  let opened = false;
  let heartbeat: NodeJS.Timeout | undefined;
  response.once("close", () => {
    clearInterval(heartbeat);
    leaving.abort();
  });
  const open = () => {
    opened = true;
    reply.hijack();
    response.writeHead(200, {
      // What the hooks have set, security headers among them, would be lost with the reply.
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      // nginx would keep the stream back otherwise.
      "x-accel-buffering": "no",
    });
    // Different for each reader, so that a server which starts again does not get all of them in the same moment.
    response.write(`retry: ${Math.round(500 + Math.random() * 2_000)}\n\n`);
    heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(":\n\n");
    }, HEARTBEAT_MS);
  };
  return {
    signal: leaving.signal,
    get opened() {
      return opened;
    },
    ready() {
      if (!opened && !response.closed) open();
      return drain();
    },
    write: (messages) => void response.write(messages),
    end: () => void response.end(),
  };
}
