import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { phase, root } from "./run.mjs";

/** Installs what package-lock.json names, unless it is there already. */
export async function install() {
  if (isInstalled()) return;
  const title = "Installing dependencies (npm ci; a minute or two the first time)";
  const npm = process.env.npm_execpath;
  // Under `npm run`, the very npm that was called.
  if (npm?.endsWith(".js")) await phase(title, process.execPath, [npm, "ci"]);
  else await phase(title, "npm", ["ci"], { shell: process.platform === "win32" });
}

/** Compares what npm says it installed with the lockfile: times of files say little after a checkout. */
function isInstalled() {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = readJson(hidden).packages;
  return Object.entries(readJson(join(root, "package-lock.json")).packages).every(([path, wanted]) => {
    if (path === "") return true;
    const found = installed[path];
    if (!found) return Boolean(wanted.optional || wanted.devOptional || wanted.peer);
    return found.version === wanted.version && existsSync(join(root, path));
  });
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}
