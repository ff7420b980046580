import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, type Server } from "node:net";
import { StagewireError } from "@stagewire/shared";
import { createOpenAiDriver, type ModelDriver, type OpenAiDriverOptions } from "../../server/src/models/index.js";

/** The key that {@link driver} uses; no message may show more than its last four characters. */
export const KEY = "sk-test-0123456789abcdef9f2a";

/** A model's server whose answers a test writes byte by byte. */
export interface Upstream extends AsyncDisposable {
  readonly origin: string;
  /** What `OPENAI_BASE_URL` would be. */
  readonly baseUrl: string;
}

/** Answers with `listener` once a request has arrived as a whole. */
export function upstream(listener: RequestListener): Promise<Upstream> {
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => listener(request, response));
  });
  return listen(server, () => server.closeAllConnections());
}

/** Any server as an upstream; `close` ends its connections. */
export async function listen(server: Server, close: () => void): Promise<Upstream> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    baseUrl: `${origin}/v1`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      close();
      await closed;
    },
  };
}

/** A driver for that server, for a model named `m`. */
export function driver(baseUrl: string, more: Partial<OpenAiDriverOptions> = {}): ModelDriver {
  return createOpenAiDriver({
    apiKey: KEY,
    baseUrl,
    model: "m",
    kind: "openai",
    firstTokenTimeoutMs: 10_000,
    stallTimeoutMs: 10_000,
    ...more,
  });
}

/** One call to the end, with every piece and each channel's text. */
export async function run(model: ModelDriver, signal: AbortSignal = new AbortController().signal) {
  const pieces: [channel: string, text: string][] = [];
  const messages = [
    { role: "system" as const, content: "s" },
    { role: "user" as const, content: "u" },
  ];
  const result = await model.generate({ model: model.info.name, messages, signal }, (channel, text) => {
    pieces.push([channel, text]);
  });
  const textOf = (wanted: string) => pieces.map(([channel, text]) => (channel === wanted ? text : "")).join("");
  return { ...result, pieces, output: textOf("output"), reasoning: textOf("reasoning") };
}

/** The error that this ends in; fails when it succeeds or throws anything that is no stagewire error. */
export async function failure(promise: Promise<unknown>): Promise<StagewireError> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof StagewireError) return error;
  throw error;
}

/** Writes events of a stream: a string as it is, anything else as JSON. */
export function sse(response: ServerResponse, ...events: unknown[]): void {
  if (!response.headersSent) response.writeHead(200, { "Content-Type": "text/event-stream" });
  for (const event of events) response.write(`data: ${typeof event === "string" ? event : JSON.stringify(event)}\n\n`);
}

/** One event of a completion. */
export function delta(fields: object, finish_reason: string | null = null): object {
  return { choices: [{ index: 0, delta: fields, finish_reason }] };
}

/** A listener that answers nothing by itself, and the response it was called with. */
export function silent(): { listener: RequestListener; arrived: Promise<ServerResponse> } {
  let tell: (response: ServerResponse) => void;
  const arrived = new Promise<ServerResponse>((resolve) => {
    tell = resolve;
  });
  return { arrived, listener: (_request, response) => tell(response) };
}
