import { get } from "node:http";

/** One message of a stream of server-sent events. */
export interface SseMessage {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

export interface SseReader {
  stop(): void;
}

export interface SseHandlers {
  onMessage(message: SseMessage): void;
  /** The answer is none to stream: its status, and its body. */
  onAnswer(status: number, body: string): void;
  onComment?(): void;
  /** The stream is over, by itself or because the connection broke. */
  onEnd(): void;
  /** Nobody is there. */
  onRefused(error: Error): void;
}

/** Reads a stream of server-sent events by hand: whatever comes, comments too. */
export function readSse(url: string, headers: Record<string, string>, handlers: SseHandlers): SseReader {
  const request = get(url, { headers: { accept: "text/event-stream", ...headers } }, (answer) => {
    const response = answer.setEncoding("utf8");
    let text = "";
    const streams = answer.headers["content-type"]?.startsWith("text/event-stream") ?? false;
    response.on("data", (part: string) => {
      text += part;
      if (!streams) return;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) readBlock(block, handlers);
    });
    response.on("end", () => {
      if (streams) handlers.onEnd();
      else handlers.onAnswer(answer.statusCode ?? 0, text);
    });
    response.on("error", () => handlers.onEnd());
  });
  request.on("error", (error) => handlers.onRefused(error));
  return { stop: () => void request.destroy() };
}

function readBlock(block: string, handlers: SseHandlers): void {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    if (line.startsWith(":")) handlers.onComment?.();
    const match = /^(\w+): ?(.*)$/.exec(line);
    if (match) fields.set(match[1] ?? "", match[2] ?? "");
  }
  const data = fields.get("data");
  if (data === undefined) return;
  handlers.onMessage({ event: fields.get("event") ?? "message", id: fields.get("id"), data });
}
