import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { demoAnswer } from "./demo-answers/index.js";
import { createOpenAiDriver } from "./openai.js";
import type { Message, ModelDriver } from "./types.js";

/** About 450 characters a second, so that a default run takes about a minute. */
export const PACE = { ttft: 350, tps: 105, jitter: 0.4 };
/** UTF-16 units of one piece, about what a token has. */
export const PIECE_LENGTH = 5;

/**
 * Starts an OpenAI-compatible server with canned answers in this process, on a free port of the loopback interface,
 * and answers with the driver that talks to it. Disposing the driver stops the server. Only this process has its key.
 */
export async function startDemoModel(): Promise<ModelDriver> {
  const { createServer } = await import("@copilotkit/aimock");
  const apiKey = randomBytes(24).toString("base64url");
  const { server, url } = await createServer(
    [
      {
        match: { predicate: () => true },
        response: ({ messages }) => demoAnswer(messages.map(toMessage)),
        streamingProfile: PACE,
        chunkSize: PIECE_LENGTH,
      },
    ],
    {
      host: "127.0.0.1",
      port: 0,
      auth: { apiKeys: [apiKey] },
      logLevel: "silent",
      // It runs for months: keep no more of the past than it insists on.
      journalMaxEntries: 1,
      fixtureCountsMaxTestIds: 1,
    },
    [{ path: "/v1", handler: { handleRequest: endWhenLeft } }],
  );
  const driver = createOpenAiDriver({
    apiKey,
    baseUrl: `${url}/v1`,
    model: "demo",
    kind: "demo",
    firstTokenTimeoutMs: 30_000,
    stallTimeoutMs: 30_000,
  });
  const stop = async (): Promise<void> => {
    await driver[Symbol.asyncDispose]();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  let stopped: Promise<void> | undefined;
  return {
    info: driver.info,
    generate: driver.generate,
    [Symbol.asyncDispose]() {
      return (stopped ??= stop());
    },
  };
}

/** Without it the server goes on writing an answer whose reader has left, and keeps the process alive meanwhile. */
async function endWhenLeft(_request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  response.once("close", () => response.end());
  return false;
}

function toMessage({ role, content }: { role: string; content: unknown }): Message {
  return {
    role: role === "system" || role === "assistant" ? role : "user",
    content: typeof content === "string" ? content : "",
  };
}
