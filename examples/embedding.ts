/** stagewire inside a server of one's own, with an own pipeline, an own model and hooks: `node embedding.js`. */
import { createServer } from "node:http";
import { createHandler, definePipeline, type ModelDriver } from "@stagewire/server";

const haiku = definePipeline({
  id: "haiku",
  title: "Haiku",
  stages: [
    { id: "draft", title: "Draft", prompt: ({ task }) => [{ role: "user", content: `A haiku about ${task}` }] },
    {
      id: "final",
      title: "Final",
      prompt: ({ outputs }) => [{ role: "user", content: `Better: ${outputs["draft"]}` }],
    },
  ],
});

/** Where model calls go: here into this process. It streams, and stops when it is told to. */
const modelDriver: ModelDriver = {
  info: { kind: "openai", name: "in-house" },
  async generate({ messages, signal }, onDelta) {
    for (const word of `(${messages.at(-1)?.content ?? ""})`.split(/(?<= )/)) {
      signal.throwIfAborted();
      onDelta("output", word);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { finish: "stop" };
  },
  async [Symbol.asyncDispose]() {},
};

const stagewire = await createHandler({
  data: process.env["STAGEWIRE_DATA"] ?? "./.stagewire-embedded",
  pipelines: [haiku],
  modelDriver,
  hooks: {
    onStageComplete: ({ stage, outcome, output }) => console.log(`# ${stage}: ${outcome}\n  ${output}`),
    // One that throws is in the log, and harms no run.
    onRunComplete: ({ outcome, output }) => console.log(`${outcome}\n${output ?? ""}`),
  },
});

// A server that was there before. On Fastify: an `onRequest` hook that hijacks the reply of what was handled.
const server = createServer((request, response) => {
  if (!stagewire.handle(request, response)) response.end("My own page.\n");
});
server.on("upgrade", (request, socket, head) => {
  if (!stagewire.upgrade(request, socket, head)) socket.destroy();
});
server.listen(Number(process.env["PORT"] ?? 4500), "127.0.0.1", () => console.log("listening", server.address()));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stagewire.shutdown().then(() => server.close()));
}

// Without a network, too; others start theirs at /api/runs, with { "pipeline": "haiku" }.
const { runId } = await stagewire.engine.start({ task: "owls", pipeline: "haiku" });
console.log(`started ${runId}`);
