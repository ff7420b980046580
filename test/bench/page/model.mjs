import { createServer } from "node:http";

/** An OpenAI-compatible server that answers each call with what `next` gives for it: tokens, and how many a second. */
export async function startModel(next) {
  const server = createServer((request, response) => {
    request.resume().once("end", () => void answer(response, next()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${server.address().port}/v1`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(response, { tokens, rate, onToken }) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const startedAt = performance.now();
  for (let index = 0; index < tokens.length && !response.destroyed;) {
    const due = rate === undefined ? tokens.length : Math.floor(((performance.now() - startedAt) * rate) / 1_000);
    for (; index < Math.min(due, tokens.length); index++) {
      response.write(line({ content: tokens[index] }));
      onToken?.(index, Date.now());
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  response.write(line({}, "stop"));
  response.write(
    `data: ${JSON.stringify({ ...chunk({}, null), choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } })}\n\n`,
  );
  response.end("data: [DONE]\n\n");
}

function chunk(delta, finish) {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: "chatcmpl-page", object: "chat.completion.chunk", created: 1, model: "page", choices };
}

function line(delta, finish = null) {
  return `data: ${JSON.stringify(chunk(delta, finish))}\n\n`;
}
