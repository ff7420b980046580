// The model's server: raw SSE in the form of OpenAI's Chat Completions, as cheap as it can be made.
// What a stream does is in its prompt: `{ key, tokens }` at full speed, `{ key, rate }` in tokens a second until `finish`
// or until there were `most` of them,
// `{ hang: true }` never answers.
import { createServer } from "node:http";
import { serveRole } from "../role.mjs";
import { plainToken, stampedToken } from "../token.mjs";

const CHUNK_TOKENS = 512;
const LOOK_MS = 1;
const paced = new Map();
const written = new Map();

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const ask = JSON.parse(JSON.parse(body).messages.at(-1).content);
    if (ask.hang) return;
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (ask.rate) pace(ask, response);
    else void pour(ask, response);
  });
});

function line(delta, finish = null) {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: "chatcmpl-bench", object: "chat.completion.chunk", created: 1_760_000_000, model: "bench", system_fingerprint: "fp_bench", choices })}\n\n`;
}

const usage = `data: ${JSON.stringify({ id: "chatcmpl-bench", object: "chat.completion.chunk", created: 1_760_000_000, model: "bench", choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } })}\n\n`;
const tail = `${line({}, "stop")}${usage}data: [DONE]\n\n`;
const block = Buffer.from(Array.from({ length: CHUNK_TOKENS }, (_, n) => line({ content: plainToken(n) })).join(""));

async function pour({ tokens }, response) {
  for (let sent = 0; sent < tokens; sent += CHUNK_TOKENS) {
    if (!response.write(block)) await new Promise((resolve) => response.once("drain", resolve));
    if (response.destroyed) return;
  }
  response.end(tail);
}

function pace({ key, rate, most = Infinity }, response) {
  // Streams do not write in step: each has a phase of its own.
  const startedAt = performance.now() + ((paced.size * 7_919) % (1_000 / rate));
  const stream = { response, rate, startedAt, count: 0, most };
  paced.set(key, stream);
  response.once("close", () => paced.delete(key));
}

setInterval(() => {
  for (const [key, stream] of paced) {
    const due = Math.min(stream.most, Math.floor(((performance.now() - stream.startedAt) * stream.rate) / 1_000));
    while (stream.count < due) {
      stream.count++;
      stream.response.write(line({ content: stampedToken() }));
    }
    if (stream.count < stream.most) continue;
    paced.delete(key);
    stream.response.end(tail);
  }
}, LOOK_MS);

serveRole({
  async listen() {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${server.address().port}/v1`;
  },
  /** Ends every paced stream well; tells how many tokens each wrote. */
  finish() {
    written.clear();
    for (const [key, { response, count }] of paced) {
      written.set(key, count);
      response.end(tail);
    }
    paced.clear();
    return Object.fromEntries(written);
  },
});
