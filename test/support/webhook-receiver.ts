import { randomBytes } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebhookPayload, webhookPayloadSchema } from "@stagewire/shared";
import { Webhook } from "standardwebhooks";
import { expect } from "vitest";

/** What came, once its signature was verified by the library of Standard Webhooks. */
export interface Delivery {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly payload: WebhookPayload;
}

/** A status, with headers; or no answer at all. */
export type Answer = number | { status: number; headers: Record<string, string> } | "silence";

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly secret: string;
  /** Everything that came, what was refused too. */
  readonly deliveries: readonly Delivery[];
  /** Requests that were no webhook of ours: of another method or path, or with a bad signature. */
  readonly strange: readonly string[];
  /** Resolves once as many deliveries as this match. */
  received(matches: (delivery: Delivery) => boolean, count?: number): Promise<Delivery>;
}

export interface ReceiverOptions {
  readonly port?: number;
  readonly secret?: string;
  /** Told the delivery and how often its id came, this time included. @default 204 */
  readonly answer?: (delivery: Delivery, time: number) => Answer;
}

export function newSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** A service that takes webhooks. */
export async function startReceiver({
  port = 0,
  secret = newSecret(),
  answer = () => 204,
}: ReceiverOptions = {}): Promise<Receiver> {
  const webhook = new Webhook(secret);
  const deliveries: Delivery[] = [];
  const strange: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.url === "/hang") return;
      const body = Buffer.concat(parts).toString();
      try {
        if (request.method !== "POST" || request.url !== "/hook") throw new Error("another request");
        const payload = webhookPayloadSchema.parse(webhook.verify(body, request.headers as Record<string, string>));
        const delivery = { id: String(request.headers["webhook-id"]), headers: request.headers, body, payload };
        deliveries.push(delivery);
        respond(response, answer(delivery, deliveries.filter(({ id }) => id === delivery.id).length));
      } catch (error) {
        strange.push(`${request.method} ${request.url}: ${String(error)}`);
        respond(response, 400);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}/hook`,
    port: bound,
    secret,
    deliveries,
    strange,
    async received(matches, count = 1) {
      // The test's own time limit comes first where it is shorter.
      await expect.poll(() => deliveries.filter(matches).length, { timeout: 55_000 }).toBeGreaterThanOrEqual(count);
      const found = deliveries.filter(matches)[count - 1];
      if (!found) throw new Error("it was there a moment ago");
      return found;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function respond(response: ServerResponse, answer: Answer): void {
  if (answer === "silence") return;
  const { status, headers } = typeof answer === "number" ? { status: answer, headers: {} } : answer;
  response.writeHead(status, headers).end();
}
