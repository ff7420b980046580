import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { StagewireError } from "@stagewire/shared";

const NAMES = ["stagewire.config.ts", "stagewire.config.js", "stagewire.config.mjs", "stagewire.config.json"];

/** What a config file says. */
export interface ConfigFile {
  /** Absolute path. */
  readonly path: string;
  /** As it is called in messages. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Reads the one config file in `cwd`, `undefined` without one. Looks nowhere else: no parent folders, no home, no `.env`.
 * Rejects with `CONFIG_INVALID` when there are two, and when it can't be read.
 */
export async function readConfigFile(cwd: string): Promise<ConfigFile | undefined> {
  const found = NAMES.filter((name) => existsSync(path.join(cwd, name)));
  const [name] = found;
  if (name === undefined) return undefined;
  if (found.length > 1) {
    throw new StagewireError("CONFIG_INVALID", `${found.join(" and ")} are both here: keep one of them`);
  }
  const file = path.join(cwd, name);
  const values = await importFile(file, name, cwd);
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new StagewireError("CONFIG_INVALID", `${name}: its default export has to be an object of settings`);
  }
  return { path: file, name, values: values as Record<string, unknown> };
}

async function importFile(file: string, name: string, cwd: string): Promise<unknown> {
  // Loaded only when there is a file to read: with its TypeScript loader it costs a fifth of the start.
  const { loadConfig } = await import("c12");
  try {
    const loaded = await loadConfig({
      name: "stagewire",
      cwd,
      configFile: file,
      rcFile: false,
      globalRc: false,
      packageJson: false,
      dotenv: false,
      extend: false,
      giget: false,
      envName: false,
      merger: (...layers) => layers.find((layer) => layer !== undefined && layer !== null) ?? {},
    });
    return loaded.config;
  } catch (cause) {
    throw new StagewireError("CONFIG_INVALID", `${name}${lineOf(cause, name, file)}: ${reasonOf(cause, file)}`, {
      cause,
    });
  }
}

/** The first line of what was thrown, without the file's path, which stands before it already. */
function reasonOf(cause: unknown, file: string): string {
  const [first = ""] = (cause instanceof Error ? cause.message : String(cause)).trim().split("\n");
  return (
    first
      .replace(`${file}: `, "")
      .replace(/^ParseError: /, "")
      .trim() || "can't be read"
  );
}

/** `, line 4`, where that can be told from what was thrown: by a position in the file, or by the first place in it. */
function lineOf(cause: unknown, name: string, file: string): string {
  if (!(cause instanceof Error)) return "";
  const position = /\bat position (\d+)/.exec(cause.message)?.[1];
  if (position !== undefined && name.endsWith(".json")) {
    return `, line ${readFileSync(file, "utf8").slice(0, Number(position)).split("\n").length}`;
  }
  const place = `${cause.message}\n${cause.stack ?? ""}`.split(`${name}:`)[1];
  const line = /^\d+/.exec(place ?? "")?.[0];
  return line === undefined ? "" : `, line ${line}`;
}
