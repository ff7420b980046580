import { StagewireError } from "@stagewire/shared";
import { checkSettings, unknownSettings } from "./check-settings.js";
import { readConfigFile } from "./config-file.js";
import { CONFIG_KEYS, type ConfigKey, environmentName, flagName, isTextKey } from "./keys.js";
import type { Config } from "./schema.js";

/** Where settings are looked for. */
export interface LoadConfigOptions {
  /** By key, e.g. `{ port: "4401" }`; `undefined` counts as not given. @default {} */
  flags?: Readonly<Record<string, unknown>>;
  /** @default process.env */
  env?: Readonly<Record<string, string | undefined>>;
  /** Where the config file is looked for. @default process.cwd() */
  cwd?: string;
}

/** Settings, and where they come from. */
export interface LoadedConfig {
  readonly config: Config;
  /** Where each value comes from: `flag --port`, `environment PORT`, the config file's name, or `default`. */
  readonly sources: Readonly<Record<ConfigKey, string>>;
  /** Absolute path of the config file, if there is one. */
  readonly configFile?: string;
}

/** Names other programs use, by key; the `STAGEWIRE_` one wins. */
const COMMON_NAMES: Partial<Record<ConfigKey, string>> = {
  port: "PORT",
  host: "HOST",
  openaiApiKey: "OPENAI_API_KEY",
  openaiBaseUrl: "OPENAI_BASE_URL",
};

interface Given {
  readonly value: unknown;
  readonly source: string;
}

/**
 * Settles every setting: flags, then the environment, then the config file in `cwd`, then the default.
 * Rejects with `CONFIG_INVALID`, one line for each wrong setting: its source, key, value and what is allowed.
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const { flags = {}, env = process.env, cwd = process.cwd() } = options;
  const file = await readConfigFile(cwd);
  const unknown = [
    ...unknownSettings(flags, flagName).map(({ key, told }) => `flag ${flagName(key)}: ${told}`),
    ...(file ? unknownSettings(file.values).map(({ told }) => `${file.name}: ${told}`) : []),
  ];
  const given = new Map<ConfigKey, Given>();
  for (const key of CONFIG_KEYS) {
    const found =
      fromFlags(key, flags) ??
      fromEnvironment(key, env) ??
      (file?.values[key] === undefined ? undefined : { value: file.values[key], source: file.name });
    if (found) given.set(key, found);
  }

  const values = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
  const { config, problems, error } = checkSettings(values, (key) => given.get(key)?.source);
  if (config === undefined || unknown.length + problems.length > 0) {
    throw new StagewireError("CONFIG_INVALID", [...unknown, ...problems].join("\n"), { cause: error });
  }
  const sources = Object.fromEntries(CONFIG_KEYS.map((key) => [key, given.get(key)?.source ?? "default"]));
  return {
    config,
    sources: sources as Record<ConfigKey, string>,
    ...(file && { configFile: file.path }),
  };
}

function fromFlags(key: ConfigKey, flags: Readonly<Record<string, unknown>>): Given | undefined {
  const value = flags[key];
  return value === undefined ? undefined : { value, source: `flag ${flagName(key)}` };
}

/** An empty variable counts as not set, as compose files and CI systems write it. */
function fromEnvironment(key: ConfigKey, env: Readonly<Record<string, string | undefined>>): Given | undefined {
  if (!isTextKey(key)) return undefined;
  for (const name of [environmentName(key), COMMON_NAMES[key]]) {
    const value = name === undefined ? undefined : env[name];
    if (value) return { value, source: `environment ${name}` };
  }
  return undefined;
}
