import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { phase, root } from "./run.mjs";

/** What the web app is made from. */
const WEB_INPUTS = [
  "client/web/src",
  "client/web/public",
  "client/web/index.html",
  "client/web/vite.config.ts",
  "client/web/package.json",
  "client/sdk/package.json",
  "client/sdk/dist",
  "shared/dist",
  "package-lock.json",
];
const WEB_PAGE = join(root, "client/web/dist/index.html");
const WEB_STAMP = join(root, "node_modules/.cache/stagewire/web-inputs");

/** Builds what changed. `projects` are the folders with a tsconfig.json to build, with all they refer to. */
export async function build(projects) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  await phase("Building (TypeScript)", process.execPath, [tsc, "-b", ...projects]);
  await buildWeb();
}

/** The libraries and the command, without the types of the web app and the tests. */
export const RUNTIME = ["client/cli"];
/** Everything, type-checked. */
export const EVERYTHING = ["."];

async function buildWeb() {
  const inputs = hash(WEB_INPUTS);
  if (existsSync(WEB_PAGE) && existsSync(WEB_STAMP) && readFileSync(WEB_STAMP, "utf8") === inputs) return;
  const vite = join(root, "node_modules/vite/bin/vite.js");
  await phase("Building (web app)", process.execPath, [
    vite,
    "build",
    "client/web",
    "--config",
    "client/web/vite.config.ts",
  ]);
  mkdirSync(dirname(WEB_STAMP), { recursive: true });
  writeFileSync(WEB_STAMP, inputs);
}

function hash(paths) {
  const sum = createHash("sha256");
  for (const path of paths.flatMap((input) => files(join(root, input)))) {
    sum.update(relative(root, path)).update("\0").update(readFileSync(path)).update("\0");
  }
  return sum.digest("hex");
}

/** The files at or under `path` that a build reads, in a fixed order. */
function files(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => !name.startsWith(".") && !name.endsWith(".map") && !name.endsWith(".d.ts"))
    .toSorted()
    .flatMap((name) => files(join(path, name)));
}
