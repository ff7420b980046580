import { isIP } from "node:net";
import { WEBHOOK_EVENTS } from "@stagewire/shared";
import * as z from "zod";
import { displayUrl } from "../display-url.js";

/** What is allowed, in the words of error messages. */
export const WEBHOOK_URL_ALLOWED = "an https address without user and password, or an http one of this machine";
export const WEBHOOK_SECRET_ALLOWED = '"whsec_" and 24 to 64 bytes as base64';
export const WEBHOOKS_ALLOWED = "a list of { url, secret, events?, allowHttp? }, each url once";
const EVENTS_ALLOWED = `a list of ${WEBHOOK_EVENTS.join(", ")}`;
/** Of a secret, as the specification wants it. */
const SECRET_BYTES = { least: 24, most: 64 };

export const webhookUrlSchema = z
  .string({ error: WEBHOOK_URL_ALLOWED })
  .refine((url) => isWebhookUrl(url, false), { error: WEBHOOK_URL_ALLOWED });

export const webhookSecretSchema = z
  .string({ error: WEBHOOK_SECRET_ALLOWED })
  .refine(isSecret, { error: WEBHOOK_SECRET_ALLOWED });

/** An endpoint that is told of what happens to runs. */
const webhookSchema = z
  .strictObject({
    url: z.string({ error: WEBHOOK_URL_ALLOWED }),
    /** `whsec_…`; the receiver has it too. */
    secret: webhookSecretSchema,
    /** What it is told of. */
    events: z
      .array(z.enum(WEBHOOK_EVENTS, { error: EVENTS_ALLOWED }), { error: EVENTS_ALLOWED })
      .min(1, { error: EVENTS_ALLOWED })
      .default([...WEBHOOK_EVENTS]),
    /** Takes plain http to other machines too: whoever is in between can read what runs wrote. */
    allowHttp: z.boolean({ error: "true or false" }).default(false),
  })
  .superRefine(({ url, allowHttp }, context) => {
    if (isWebhookUrl(url, allowHttp)) return;
    const message = `${WEBHOOK_URL_ALLOWED}; any http one with allowHttp: true`;
    context.addIssue({ code: "custom", path: ["url"], message });
  });

export const webhooksSchema = z.array(webhookSchema, { error: WEBHOOKS_ALLOWED }).refine(areOnce, {
  error: WEBHOOKS_ALLOWED,
});

/**
 * Names the key of a setting of webhooks, its value and what is allowed, such as `webhooks[0].url is "ftp://x",
 * allowed …`. `input` is what was parsed. Shows no secret; `undefined` for an issue of another setting.
 */
export function describeWebhookIssue(issue: z.core.$ZodIssue, input: unknown): string | undefined {
  const [key, ...rest] = issue.path;
  if (key !== "webhooks" && key !== "webhookUrl" && key !== "webhookSecret") return undefined;
  const name = rest.reduce<string>(
    (path, part) => path + (typeof part === "number" ? `[${part}]` : `.${String(part)}`),
    key,
  );
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(webhookSchema.shape).join(", ");
    return `${name}: ${issue.keys.map((unknown) => JSON.stringify(unknown)).join(", ")} is not a setting; known are ${known}`;
  }
  const value = issue.path.reduce<unknown>(
    (inside, part) => (inside as Record<PropertyKey, unknown> | null)?.[part],
    input,
  );
  if (value === undefined) return `${name} is not set, needed is ${issue.message}`;
  return `${name} is ${display(issue.path.at(-1), value)}, allowed ${issue.message}`;
}

/** Endpoints as they may be shown: without what could be secret. */
export function displayWebhooks(value: unknown): string {
  if (!Array.isArray(value)) return "…";
  const shown = value.map((endpoint: unknown) => {
    const { url, events } = (endpoint ?? {}) as { url?: unknown; events?: unknown };
    return { url: typeof url === "string" ? displayUrl(url) : "…", events };
  });
  return JSON.stringify(shown);
}

function display(key: PropertyKey | undefined, value: unknown): string {
  if (key === "webhooks") return displayWebhooks(value);
  if ((key === "url" || key === "webhookUrl") && typeof value === "string") return JSON.stringify(displayUrl(value));
  if (key === "events" || typeof key === "number") return JSON.stringify(value) ?? "…";
  return key === "allowHttp" ? JSON.stringify(value) : "…";
}

function isWebhookUrl(text: string, allowHttp: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && (allowHttp || isThisMachine(hostname)));
}

/** By the name alone: nothing is looked up. */
function isThisMachine(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  return isIP(hostname) === 4 && hostname.startsWith("127.");
}

function isSecret(text: string): boolean {
  const base64 = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(text)?.[1];
  const length = Buffer.byteLength(base64 ?? "", "base64");
  return length >= SECRET_BYTES.least && length <= SECRET_BYTES.most;
}

function areOnce(endpoints: readonly { readonly url: string }[]): boolean {
  return new Set(endpoints.map(({ url }) => new URL(url).href)).size === endpoints.length;
}
