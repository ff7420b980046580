import type { ZodError } from "zod";
import { allowedValues, CONFIG_KEYS, type ConfigKey, isConfigKey, isNumberKey, nearestKey, showValue } from "./keys.js";
import { type Config, configSchema, ROLE_NEEDS_REDIS } from "./schema.js";
import { describeWebhookIssue } from "./webhooks.js";

/** Settings that were read, or what is wrong with them. */
export interface CheckedSettings {
  /** Missing when something is wrong with a value. */
  readonly config: Config | undefined;
  /** One line for each wrong value: its source, where there is one, the key, the value and what is allowed. */
  readonly problems: readonly string[];
  readonly error: ZodError | undefined;
}

/** Reads settings, wherever they are from. A key whose value is `undefined` counts as not given. */
export function checkSettings(
  values: Readonly<Record<string, unknown>>,
  sourceOf: (key: ConfigKey) => string | undefined = () => undefined,
): CheckedSettings {
  const { data: config, error } = configSchema.safeParse(values);
  const problems: string[] = [];
  const tell = (key: PropertyKey | undefined, told: string) => {
    const source = typeof key === "string" && isConfigKey(key) ? sourceOf(key) : undefined;
    problems.push(source === undefined ? told : `${source}: ${told}`);
  };
  const wrong = new Set<PropertyKey | undefined>();
  for (const issue of error?.issues ?? []) {
    const [key] = issue.path;
    const told =
      issue.message === ROLE_NEEDS_REDIS
        ? `role is ${showValue("role", values["role"])}, ${ROLE_NEEDS_REDIS}`
        : describeWebhookIssue(issue, values);
    if (told === undefined) wrong.add(key);
    else tell(key, told);
  }
  for (const key of CONFIG_KEYS) {
    const value = values[key];
    if (value === undefined) continue;
    if (wrong.has(key) || (isNumberKey(key) && !canBeNumber(value))) {
      tell(key, `${key} is ${showValue(key, value)}, allowed ${allowedValues(key)}`);
    }
  }
  return { config, problems, error };
}

/** A line for each key that is no setting, with the one that was probably meant, as `spell` writes it. */
export function unknownSettings(
  values: Readonly<Record<string, unknown>>,
  spell: (key: string) => string = (key) => key,
): { key: string; told: string }[] {
  return Object.keys(values)
    .filter((key) => !isConfigKey(key) && values[key] !== undefined)
    .map((key) => {
      const nearest = nearestKey(key);
      const help = nearest ? `did you mean ${spell(nearest)}?` : `known are ${CONFIG_KEYS.map(spell).join(", ")}`;
      return { key, told: `${JSON.stringify(key)} is not a setting; ${help}` };
    });
}

/** What coercion would take for 0 or 1 without a word: `null`, `true`, `""`, `[]`. */
function canBeNumber(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "");
}
