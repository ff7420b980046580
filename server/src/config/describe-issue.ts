import type * as z from "zod";
import { allowedValues, CONFIG_KEYS, isConfigKey, nearestKey, showValue } from "./keys.js";
import { ROLE_NEEDS_REDIS } from "./schema.js";
import { describeWebhookIssue } from "./webhooks.js";

/** What is wrong with settings that a program gave, in words: the key, its value and what is allowed. */
export function describeIssue(issue: z.core.$ZodIssue, values: Readonly<Record<string, unknown>>): string {
  const told = describeWebhookIssue(issue, values);
  if (told !== undefined) return told;
  const key = String(issue.path[0]);
  if (issue.message === ROLE_NEEDS_REDIS) return `role is ${showValue("role", values["role"])}, ${ROLE_NEEDS_REDIS}`;
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    return issue.keys.map((name) => unknownKey(name)).join("; ");
  }
  if (!isConfigKey(key)) return `${issue.path.join(".") || "config"}: ${issue.message}`;
  return `${key} is ${showValue(key, values[key])}, allowed ${allowedValues(key)}`;
}

function unknownKey(name: string): string {
  const near = nearestKey(name);
  const help = near === undefined ? `known are ${CONFIG_KEYS.join(", ")}` : `did you mean ${near}?`;
  return `${JSON.stringify(name)} is not a setting; ${help}`;
}
