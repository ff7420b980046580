import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One chat completion that the server under test asks for; the test says what comes of it, piece by piece. */
export interface ModelCall {
  /** 1 for the first call. */
  readonly number: number;
  /** The text of the last system message: it tells the stage. */
  readonly system: string;
  readonly body: { model: string; messages: { role: string; content: string }[] };
  /** True once it was answered to its end. */
  readonly ended: boolean;
  /** Resolves with the time (`performance.now()`) at which the asking side closed the connection before the end. */
  readonly closed: Promise<number>;
  write(text: string, channel?: "output" | "reasoning"): void;
  /** Writes bytes as they are. */
  raw(bytes: string | Uint8Array): void;
  /** Ends the answer well, with usage. */
  end(finish?: "stop" | "length" | "content_filter"): void;
  /** Ends the HTTP answer properly, in the middle of the model's. */
  hangUp(): void;
  /** Breaks the connection off. */
  cut(): void;
  /** Answers with an HTTP error instead. */
  refuse(status: number, message: string, headers?: Record<string, string>): void;
}

/** An OpenAI-compatible server that a test plays by hand. */
export interface ScriptedModel extends AsyncDisposable {
  /** What `OPENAI_BASE_URL` would be. */
  readonly baseUrl: string;
  /** Calls seen so far. */
  readonly calls: readonly ModelCall[];
  /** How many of them nobody took yet. */
  readonly waiting: number;
  /** The next call that nobody took yet. */
  next(): Promise<ModelCall>;
  /** Answers every further call at once by itself. */
  answer(text: (call: ModelCall) => string): void;
}

export async function startScriptedModel(): Promise<ScriptedModel> {
  const calls: ModelCall[] = [];
  const waiting: ModelCall[] = [];
  const takers: ((call: ModelCall) => void)[] = [];
  let automatic: ((call: ModelCall) => string) | undefined;

  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      if (!request.url?.endsWith("/chat/completions")) {
        response.writeHead(404).end();
        return;
      }
      const call = createCall(calls.length + 1, JSON.parse(text) as ModelCall["body"], response);
      calls.push(call);
      const taker = takers.shift();
      if (automatic) {
        call.write(automatic(call));
        call.end();
      } else if (taker) taker(call);
      else waiting.push(call);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    get waiting() {
      return waiting.length;
    },
    next() {
      const call = waiting.shift();
      return call ? Promise.resolve(call) : new Promise((resolve) => takers.push(resolve));
    },
    answer(text) {
      automatic = text;
      for (const call of waiting.splice(0)) {
        call.write(text(call));
        call.end();
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createCall(number: number, body: ModelCall["body"], response: ServerResponse): ModelCall {
  const closed = new Promise<number>((resolve) => {
    response.once("close", () => {
      if (!response.writableEnded) resolve(performance.now());
    });
  });
  const open = () => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
  };
  const send = (payload: unknown) => {
    open();
    response.write(`data: ${JSON.stringify(payload)}\n\n`);
  };
  const chunk = (delta: object, finish: string | null) => ({
    id: `chatcmpl-${number}`,
    object: "chat.completion.chunk",
    created: 1,
    model: body.model,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return {
    number,
    body,
    system: body.messages.findLast(({ role }) => role === "system")?.content ?? "",
    get ended() {
      return response.writableEnded;
    },
    closed,
    write: (text, channel = "output") =>
      send(chunk(channel === "output" ? { content: text } : { reasoning_content: text }, null)),
    raw(bytes) {
      open();
      response.write(bytes);
    },
    end(finish = "stop") {
      send(chunk({}, finish));
      send({ ...chunk({}, null), choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } });
      response.end("data: [DONE]\n\n");
    },
    hangUp: () => void response.end(),
    cut: () => void response.socket?.destroy(),
    refuse(status, message, headers = {}) {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify({ error: { message, type: "test", code: null } }));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += String(part);
  return text;
}
