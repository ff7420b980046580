import { nearest } from "@stagewire/shared";
import type { Context } from "./context.js";

/** What the command reads besides the server's settings. */
const OWN_VARIABLES = ["STAGEWIRE_URL", "STAGEWIRE_TOKEN", "STAGEWIRE_DEBUG"];

/** Variables that are named nearly like a setting and are none, each with what was probably meant. */
export async function misspelt(env: Context["env"]): Promise<string[]> {
  const { CONFIG_KEYS, environmentName, isTextKey } = await import("@stagewire/server");
  const known = [...CONFIG_KEYS.filter(isTextKey).map(environmentName), ...OWN_VARIABLES];
  return Object.keys(env).flatMap((name) => {
    const meant = name.startsWith("STAGEWIRE_") && !known.includes(name) ? nearest(name, known) : undefined;
    return meant === undefined ? [] : [`${name} in the environment is not read; did you mean ${meant}?`];
  });
}
