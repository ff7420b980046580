import "./node-version.mjs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build, RUNTIME } from "./lib/build.mjs";
import { fail, root } from "./lib/run.mjs";
import { createCamera } from "./screenshots/camera.mjs";
import { shootDemoStates } from "./screenshots/demo-states.mjs";
import { shootTroubleStates } from "./screenshots/trouble-states.mjs";

const CHROMIUM = process.env.STAGEWIRE_CHROMIUM ?? "/usr/bin/chromium";
/** The pictures that the documents show, of all that could be taken. */
const SHOWN = new Set([
  "run",
  "run-phone-dark",
  "runs",
  "runs-phone",
  "start",
  "paused",
  "failed",
  "finished-dark",
  "finished-phone",
  "diff",
  "timeline",
]);

const USAGE = `npm run screenshots -- [--all folder]
  --all  takes every state at both sizes and in both colours into the folder, instead of those in docs/images`;

const { values } = parseArgs({
  options: { all: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
});

/**
 * Makes the pictures of the main states anew: real runs on real servers, in a real browser. With `--all <folder>` every
 * state is taken at both sizes and in both colours, to be looked at.
 */
async function main() {
  await build(RUNTIME);
  const all = values.all !== undefined;
  const folder = all ? resolve(values.all) : join(root, "docs/images");
  const camera = await createCamera(CHROMIUM, folder, (name) => all || SHOWN.has(name));
  try {
    await shootDemoStates(camera.shoot);
    if (all) await shootTroubleStates(camera.shoot);
  } finally {
    await camera.close();
  }
}

if (values.help) console.log(USAGE);
else await main().catch(fail);
