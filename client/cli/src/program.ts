import { existsSync } from "node:fs";
import path from "node:path";

/** What has to be typed to call this command: `stagewire` where the shell finds it, else `npx stagewire`. */
export const PROGRAM = programName(process.env["PATH"]);

/**
 * Pure but for a look at the folders of `PATH`. Folders of `node_modules` don't count: npm and npx put them there for
 * the programs that they start, and the shell that the person types into has not got them.
 */
export function programName(searchPath: string | undefined): "stagewire" | "npx stagewire" {
  const folders = (searchPath ?? "").split(path.delimiter);
  const found = folders
    .filter((folder) => folder !== "" && !folder.split(/[\\/]/).includes("node_modules"))
    .some((folder) => ["stagewire", "stagewire.cmd"].some((name) => existsSync(path.join(folder, name))));
  return found ? "stagewire" : "npx stagewire";
}
