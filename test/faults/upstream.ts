import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What can go wrong with one model call. */
export const UPSTREAM_FAULTS = ["500", "429", "cut", "malformed", "silent"] as const;
export type UpstreamFault = (typeof UPSTREAM_FAULTS)[number];

/** Stands between the server under test and its model's server, and spoils calls when it is told to. */
export interface FaultyUpstream extends AsyncDisposable {
  /** What `OPENAI_BASE_URL` would be. */
  readonly baseUrl: string;
  /** The next call that comes gets this. */
  arm(fault: UpstreamFault): void;
  /** Forgets what no call came for. */
  disarm(): void;
}

/** Bytes of a good answer that are let through before it is cut. */
const CUT_AFTER_BYTES = 900;

export async function startFaultyUpstream(target: string): Promise<FaultyUpstream> {
  const armed: UpstreamFault[] = [];
  const server = createServer((incoming, outgoing) => {
    incoming.on("error", () => {});
    outgoing.on("error", () => {});
    const fault = incoming.url?.endsWith("/chat/completions") ? armed.shift() : undefined;
    if (fault === undefined || fault === "cut") forward(incoming, outgoing, target, fault === "cut");
    else spoil(incoming, outgoing, fault);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    arm: (fault) => void armed.push(fault),
    disarm: () => void armed.splice(0),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function spoil(incoming: IncomingMessage, outgoing: ServerResponse, fault: Exclude<UpstreamFault, "cut">): void {
  incoming.resume();
  incoming.once("end", () => {
    switch (fault) {
      case "500":
      case "429":
        outgoing.writeHead(Number(fault), { "content-type": "application/json", "retry-after": "1" });
        outgoing.end(JSON.stringify({ error: { message: `a planned ${fault}`, type: "test", code: null } }));
        return;
      case "malformed":
        outgoing.writeHead(200, { "content-type": "text/event-stream" });
        outgoing.end('data: {"choices":[{"index":0,"delta":{"content":"hal\n\ndata: [DONE]\n\n');
        return;
      case "silent":
        // One piece, and nothing more until the other side gives up.
        outgoing.writeHead(200, { "content-type": "text/event-stream" });
        outgoing.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "void " } }] })}\n\n`);
        return;
      default:
        fault satisfies never;
    }
  });
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, target: string, cut: boolean): void {
  const path = (incoming.url ?? "").replace(/^\/v1/, "");
  const { method, headers } = incoming;
  const onward = request(
    `${target}${path}`,
    { method, headers: { ...headers, host: new URL(target).host } },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        bytes += part.length;
        outgoing.write(part);
        if (cut && bytes >= CUT_AFTER_BYTES) outgoing.destroy();
      });
      answer.once("end", () => (cut ? outgoing.destroy() : outgoing.end()));
      answer.once("error", () => outgoing.destroy());
    },
  );
  onward.once("error", () => outgoing.destroy());
  outgoing.once("close", () => onward.destroy());
  incoming.pipe(onward);
}
