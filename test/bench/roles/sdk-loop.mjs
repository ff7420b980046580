// The least that anybody does who reads a model: the `openai` SDK's loop, and nothing in it.
import OpenAI from "openai";
import { serveRole } from "../role.mjs";

serveRole({
  async read({ baseUrl, streams, tokens }) {
    const client = new OpenAI({ baseURL: baseUrl, apiKey: "none", maxRetries: 0 });
    const counts = await Promise.all(Array.from({ length: streams }, () => readOne(client, tokens)));
    return counts.reduce((sum, count) => sum + count, 0);
  },
});

async function readOne(client, tokens) {
  const stream = await client.chat.completions.create({
    model: "bench",
    messages: [{ role: "user", content: JSON.stringify({ tokens }) }],
    stream: true,
    stream_options: { include_usage: true },
  });
  let count = 0;
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) count++;
  return count;
}
