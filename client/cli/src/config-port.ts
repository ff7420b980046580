import { existsSync } from "node:fs";
import path from "node:path";
import type { Context } from "./context.js";

const EXTENSIONS = ["ts", "js", "mjs", "json"];

/** The port that a config file in this folder sets; `undefined` where something else names the server, or nothing does. */
export async function configPort({
  args,
  env,
  cwd,
}: Pick<Context, "args" | "env" | "cwd">): Promise<number | undefined> {
  if (args.values.url || env["STAGEWIRE_URL"] || env["STAGEWIRE_PORT"] || env["PORT"]) return undefined;
  // The server's package takes a while to load, and most folders have no such file.
  if (!EXTENSIONS.some((extension) => existsSync(path.join(cwd, `stagewire.config.${extension}`)))) return undefined;
  const { loadConfig } = await import("@stagewire/server");
  try {
    const { config, sources } = await loadConfig({ env, cwd });
    return sources.port === "default" ? undefined : config.port;
  } catch {
    // What is wrong with it is told where a server starts, and by `doctor`.
    return undefined;
  }
}
