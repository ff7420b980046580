import { nearest } from "@stagewire/shared";
import * as z from "zod";
import { displayUrl } from "../display-url.js";
import { type Config, configSchema } from "./schema.js";
import { displayWebhooks, WEBHOOK_SECRET_ALLOWED, WEBHOOK_URL_ALLOWED, WEBHOOKS_ALLOWED } from "./webhooks.js";

/** A setting's name, as in the config file. */
export type ConfigKey = keyof Config;

/** Every setting, in the order of the schema. */
export const CONFIG_KEYS = Object.keys(configSchema.shape) as ConfigKey[];

/** Settings that are more than a text: only a config file or code can give them. */
const CODE_ONLY: ReadonlySet<ConfigKey> = new Set(["pipelines", "prices", "webhooks"]);
const SECRETS: ReadonlySet<ConfigKey> = new Set(["openaiApiKey"]);

/** True for a setting that can be written as text, in a flag or in the environment. */
export function isTextKey(key: ConfigKey): boolean {
  return !CODE_ONLY.has(key);
}

/** True when `key` is a setting. */
export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(configSchema.shape, key);
}

/** `maxConcurrentRuns` as `--max-concurrent-runs`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `maxConcurrentRuns` as `STAGEWIRE_MAX_CONCURRENT_RUNS`. */
export function environmentName(key: string): string {
  return `STAGEWIRE_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** A value as it may be shown: texts quoted, of a secret at most its last four characters. */
export function showValue(key: string, value: unknown): string {
  if (key === "webhookSecret") return "…";
  if (isConfigKey(key) && SECRETS.has(key)) {
    return typeof value === "string" && value.length >= 12 ? `…${value.slice(-4)}` : "…";
  }
  // An address can hold a password or a key.
  const address = key === "openaiBaseUrl" || key === "webhookUrl";
  if (typeof value === "string" && (key === "redisUrl" || (address && URL.canParse(value)))) {
    return JSON.stringify(displayUrl(value));
  }
  if (key === "webhooks") return displayWebhooks(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

interface KeySchema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** What a setting accepts, in words, taken from the schema. */
export function allowedValues(key: ConfigKey): string {
  const schema = keySchemas()[key];
  if (key === "pipelines") return "a list of pipelines made by definePipeline";
  if (key === "prices")
    return 'prices by model, as { "name": { input, output, cachedInput? } } in US dollars a million tokens';
  if (key === "webhookUrl") return WEBHOOK_URL_ALLOWED;
  if (key === "webhookSecret") return WEBHOOK_SECRET_ALLOWED;
  if (key === "webhooks") return WEBHOOKS_ALLOWED;
  if (schema?.enum) return schema.enum.join(", ");
  if (schema?.type === "integer") {
    const least = schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1;
    const most = schema.maximum ?? Number.MAX_SAFE_INTEGER;
    return most < Number.MAX_SAFE_INTEGER ? `${least}–${most}` : `${least} or more`;
  }
  if (key === "role") return "api, worker, or both with a comma";
  if (key === "redisUrl") return "an address like redis://host:6379 (or rediss:// for TLS)";
  if (schema?.format === "uri") return "an http or https address";
  if (schema?.type === "string") return "a text that is not empty";
  return "a list of texts, or one text with commas";
}

/** True for a setting that is a number. */
export function isNumberKey(key: ConfigKey): boolean {
  return keySchemas()[key]?.type === "integer";
}

/** The setting whose name is nearest to `name`, if any is near enough to be what was meant. */
export function nearestKey(name: string): ConfigKey | undefined {
  return nearest(name, CONFIG_KEYS);
}

let schemas: Readonly<Record<string, KeySchema>> | undefined;

function keySchemas(): Readonly<Record<string, KeySchema>> {
  // What a JSON schema can't say (the parsed list, the pipelines) comes out empty and is put in words above.
  schemas ??= z.toJSONSchema(configSchema, { unrepresentable: "any" }).properties as Record<string, KeySchema>;
  return schemas;
}
