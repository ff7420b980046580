import {
  type Cursor,
  type RunEvent,
  type RunSummary,
  type WebhookEvent,
  type WebhookEventType,
  webhookId,
  type WebhookPayload,
  withFrom,
} from "@stagewire/shared";
import type { Webhook } from "standardwebhooks";

/** One request to an endpoint, without its address. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** True for an event that an endpoint asked for. */
export function isAskedFor(event: RunEvent, events: readonly WebhookEventType[]): event is WebhookEvent {
  return events.some((type) => type === event.type);
}

/** The same body every time; signed for `now`, since receivers refuse what was signed long ago. */
export function createMessage(
  event: WebhookEvent,
  cursor: Cursor,
  { title, pipeline, createdAt }: RunSummary,
  signer: Webhook,
  now: Date,
): Message {
  const payload: WebhookPayload = {
    type: event.type,
    timestamp: new Date(event.at).toISOString(),
    cursor,
    run: { title, pipeline, createdAt },
    // Compaction may have put a range on it meanwhile.
    data: withFrom(event, event.seq),
  };
  const body = JSON.stringify(payload);
  const id = webhookId(event);
  return {
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": signer.sign(id, now, body),
    },
  };
}
