import * as z from "zod";
import { type RunEvent, runCompleteSchema, stageCompleteSchema } from "./events.js";
import { nameSchema } from "./ids.js";

/** Events that a webhook can be asked for. */
export const WEBHOOK_EVENTS = ["stage_complete", "run_complete"] as const;

/**
 * The body of a webhook, the same at every redelivery. It comes with the headers of Standard Webhooks; `webhook-id` is
 * {@link webhookId} of the event.
 */
export const webhookPayloadSchema = z.object({
  /** The event's type. Receivers must ignore types that they do not know. */
  type: z.enum(WEBHOOK_EVENTS),
  /** When it happened, as ISO 8601 in UTC: the event's `at`. */
  timestamp: z.iso.datetime(),
  /** The position after the event: a watch of the run that begins here shows what followed. */
  cursor: z.string(),
  /** What tells the run from others. */
  run: z.object({
    /** The task's beginning, at most 200 UTF-16 units. */
    title: z.string(),
    pipeline: nameSchema,
    /** Unix ms. */
    createdAt: z.number(),
  }),
  /** The event as a watcher sees it, without `from`. */
  data: z.discriminatedUnion("type", [stageCompleteSchema, runCompleteSchema]),
});

/** The `type` of an event that webhooks tell of. */
export type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];
/** The body of a webhook, the same at every redelivery. */
export type WebhookPayload = z.infer<typeof webhookPayloadSchema>;
/** An event that webhooks tell of. */
export type WebhookEvent = WebhookPayload["data"];

/** The `webhook-id` of an event: the same at every redelivery, and of no other event. */
export function webhookId({ runId, seq }: Pick<RunEvent, "runId" | "seq">): string {
  return `${runId}-${seq}`;
}
