import { MAX_REFINEMENTS } from "@stagewire/shared";
import * as z from "zod";
import type { Pipeline } from "../pipelines/types.js";
import {
  WEBHOOK_SECRET_ALLOWED,
  WEBHOOKS_ALLOWED,
  webhookSecretSchema,
  webhooksSchema,
  webhookUrlSchema,
} from "./webhooks.js";

// Texts are read as numbers, for environment and flags; the types of code that sets them ask for numbers.
const port = z.coerce.number<number>().int().min(0).max(65_535);
/** Up to an hour. */
const ms = z.coerce.number<number>().int().min(1).max(3_600_000);
const bytes = z.coerce.number<number>().int().min(1_024);
/** What a server does in a cluster. */
const ROLES = ["api", "worker"] as const;
/** Said of a `role` that is only a part, without other servers to do the rest. */
export const ROLE_NEEDS_REDIS =
  "and redisUrl is not set, by which servers that share the work find each other: set it (--redis-url or STAGEWIRE_REDIS_URL), or leave role out, since a server alone does both";

const list = z.union([z.array(z.string()), z.string().transform((text) => text.split(",").filter(Boolean))]);

const dollars = z.number().nonnegative();
const priceSchema = z.strictObject({ input: dollars, output: dollars, cachedInput: dollars.optional() });

/** Every setting of the server, with its default. A key here is a flag, an environment variable and a line of the config file. */
const settingsSchema = z.strictObject({
  /** Address to listen on; only loopback addresses are allowed while there is no authentication. */
  host: z.string().min(1).default("127.0.0.1"),
  /** 0 takes any free port. */
  port: port.default(4400),
  /** Folder of the run log. */
  data: z.string().min(1).default("./.stagewire"),
  /** A Redis that keeps the run log instead of the folder. */
  redisUrl: z.url({ protocol: /^rediss?$/, hostname: /./ }).optional(),
  /** What this server does for the others on its Redis: `api` serves clients, `worker` works runs. */
  role: list.pipe(z.array(z.enum(ROLES)).min(1)).default([...ROLES]),
  /** Model for every stage that names none. Without it: the demo model's, or the first choice for OpenAI. */
  model: z.string().min(1).optional(),
  openaiApiKey: z.string().min(1).optional(),
  openaiBaseUrl: z.url({ protocol: /^https?$/ }).optional(),
  maxConcurrentRuns: z.coerce.number<number>().int().min(1).max(10_000).default(20),
  /** Bytes of UTF-8 that a task may have. */
  maxTaskBytes: bytes.default(100_000),
  /** Bytes of one message on a WebSocket, or one HTTP body. */
  maxMessageBytes: bytes.default(1_048_576),
  /** Subscriptions on one socket. */
  maxSubscriptionsPerSocket: z.coerce.number<number>().int().min(1).default(200),
  /** Ceiling for `options.maxRefinements`. */
  maxRefinements: z.coerce.number<number>().int().min(0).max(MAX_REFINEMENTS).default(MAX_REFINEMENTS),
  /** Models that a step goes on with, in this order, where its own fails for good. */
  fallbackModels: list.default([]),
  /** How often each model is tried in one step. */
  maxAttempts: z.coerce.number<number>().int().min(1).max(20).default(4),
  /** Ms until a connection to the model's server must be there. */
  connectTimeoutMs: ms.default(10_000),
  /** Ms until the model's server must have answered with a first token. */
  firstTokenTimeoutMs: ms.default(120_000),
  /** Ms without any token after which a streaming call counts as stalled. */
  stallTimeoutMs: ms.default(60_000),
  /** Ms that steps may go on after the first signal to stop. */
  drainMs: z.coerce.number<number>().int().min(0).max(600_000).default(10_000),
  /** Ms without a watcher after which a run with `onAbandoned: "cancel"` is cancelled. */
  abandonedAfterMs: z.coerce.number<number>().int().min(1_000).default(60_000),
  /** Days after its end that a run is deleted; 0 keeps all. */
  retentionDays: z.coerce.number<number>().int().min(0).max(36_500).default(0),
  /** Finished runs that are kept, the newest; 0 keeps all. */
  maxRuns: z.coerce.number<number>().int().min(0).default(0),
  /** Extra `Host` names that requests may carry, e.g. of a reverse proxy in front. */
  allowedHosts: list.default([]),
  logLevel: z.enum(["silent", "error", "warn", "info", "debug"]).default("warn"),
  /** One endpoint that is told when a stage or a run has ended; more by `webhooks`. */
  webhookUrl: webhookUrlSchema.optional(),
  /** What signs what goes to `webhookUrl`, by Standard Webhooks. */
  webhookSecret: webhookSecretSchema.optional(),
  /** Endpoints that are told when a stage or a run has ended; only from a config file or code. */
  webhooks: webhooksSchema.default([]),
  /** What models cost in US dollars a million tokens, by name; only from a config file or code. */
  prices: z.record(z.string().min(1), priceSchema).default({}),
  /** Own pipelines by `definePipeline`; only from a config file or code. */
  pipelines: z.array(z.custom<Pipeline>((value) => typeof value === "object" && value !== null)).default([]),
});

/** {@link settingsSchema}, and what holds between settings. */
export const configSchema = settingsSchema.superRefine(
  ({ redisUrl, role, webhookUrl, webhookSecret, webhooks }, context) => {
    if (redisUrl === undefined && ROLES.some((each) => !role.includes(each))) {
      context.addIssue({
        code: "custom",
        path: ["role"],
        message: ROLE_NEEDS_REDIS,
      });
    }
    if (webhookUrl !== undefined && webhooks.some(({ url }) => new URL(url).href === new URL(webhookUrl).href)) {
      context.addIssue({ code: "custom", path: ["webhooks"], message: `${WEBHOOKS_ALLOWED}, and not webhookUrl's` });
    }
    if (webhookUrl !== undefined && webhookSecret === undefined) {
      context.addIssue({ code: "custom", path: ["webhookSecret"], message: WEBHOOK_SECRET_ALLOWED });
    }
  },
);

/** Validated settings. */
export type Config = z.output<typeof configSchema>;
/** What `createServer` takes: any part of {@link Config}. */
export type ConfigInput = z.input<typeof configSchema>;
