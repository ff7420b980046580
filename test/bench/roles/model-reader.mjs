import OpenAI from "openai";

/** What every naive server does with its model: reads it with the SDK and calls `onToken` for each token. */
export async function readModel(baseUrl, task, onToken) {
  const client = new OpenAI({ baseURL: baseUrl, apiKey: "none", maxRetries: 0 });
  const stream = await client.chat.completions.create({
    model: "bench",
    messages: [{ role: "user", content: task }],
    stream: true,
  });
  let seq = 0;
  for await (const chunk of stream) {
    const text = chunk.choices[0]?.delta.content;
    if (text) onToken({ type: "token", runId: "run", seq: ++seq, at: Date.now(), stage: "write", text });
  }
}
