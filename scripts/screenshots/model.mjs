import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { text } from "node:stream/consumers";
import { listen } from "./listen.mjs";

const PIECE_MS = 40;
const PIECE_LENGTH = 12;

/**
 * Starts an OpenAI-compatible server that behaves as each task's script says. `scripts` maps tasks to functions of the
 * call, which has `refuse(status, message, retryAfterS)` and `write(text, channel)`. A call whose script is over is left
 * open: it says nothing more until the other side hangs up.
 */
export async function startModel(scripts) {
  const server = createServer((request, response) => {
    void answer(request, response, scripts).catch(() => response.destroy());
  });
  return listen(server, "/v1");
}

async function answer(request, response, scripts) {
  const body = await text(request);
  if (!request.url.endsWith("/chat/completions")) return void response.writeHead(404).end();
  const script = Object.entries(scripts).find(([task]) => body.includes(task))?.[1];
  await script?.(createCall(response, JSON.parse(body).model));
}

function createCall(response, model) {
  const send = (delta) => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
    const choices = [{ index: 0, delta, finish_reason: null }];
    const chunk = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model, choices };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  return {
    /** True until the other side has hung up. */
    get open() {
      return !response.destroyed;
    },
    refuse(status, message, retryAfterS) {
      response.writeHead(status, { "content-type": "application/json", "retry-after": String(retryAfterS) });
      response.end(JSON.stringify({ error: { message, type: "server_error", code: null } }));
    },
    /** Writes at a model's pace. */
    async write(words, channel = "content") {
      for (let at = 0; at < words.length && !response.destroyed; at += PIECE_LENGTH) {
        send({ [channel]: words.slice(at, at + PIECE_LENGTH) });
        await delay(PIECE_MS);
      }
    },
  };
}
