import type { RunEvent } from "@stagewire/shared";
import type { FastifyReply } from "fastify";
import type { Logger } from "pino";
import type { Engine } from "../../engine/engine.js";
import { cursorAfter, type Frame, type WatchOptions } from "../../engine/watch.js";
import { logFailure, tellError } from "../errors.js";
import { createEventStream } from "../http/event-stream.js";

export type WatchInput = Pick<WatchOptions, "runId" | "cursor" | "detail">;

/**
 * Streams a run, one message an event: `data` is the event and `id` the cursor behind it, so that a reader may stop
 * anywhere and come back. Messages have no `event` name: one listener gets all, types that it does not know among
 * them, and can check that none is missing. A position with nothing behind it is answered with 204, which is what
 * ends the reconnecting of an `EventSource`. A failure in the middle is a message named `failure`, the last one.
 * Rejects with what is wrong before the stream has begun.
 */
export async function streamRun(reply: FastifyReply, engine: Engine, input: WatchInput, logger: Logger): Promise<void> {
  const stream = createEventStream(reply);
  const { signal, ready } = stream;
  try {
    for await (const frame of engine.watch({ ...input, signal, ready })) stream.write(messagesOf(frame));
  } catch (error) {
    if (!stream.opened) throw error;
    logFailure(logger, error, { runId: input.runId });
    stream.write(`event: failure\ndata: ${JSON.stringify({ error: tellError(error) })}\n\n`);
  }
  if (stream.opened) stream.end();
  else await reply.code(204).send();
}

/** Frames that many watchers share are made into text once. */
const texts = new WeakMap<readonly RunEvent[], string>();

function messagesOf(frame: Frame): string {
  let text = texts.get(frame.events);
  if (text === undefined) {
    text = frame.events.map((event) => `id: ${cursorAfter(event, frame)}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    texts.set(frame.events, text);
  }
  return text;
}
