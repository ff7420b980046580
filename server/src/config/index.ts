export { type ConfigKey, CONFIG_KEYS, allowedValues, environmentName, flagName, isTextKey, showValue } from "./keys.js";
export { type LoadConfigOptions, type LoadedConfig, loadConfig } from "./load-config.js";
export { type Config, type ConfigInput, configSchema } from "./schema.js";
