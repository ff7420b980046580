// What the web app costs a reader: measured in Chromium on a processor that is made four times slower, against the
// budgets of the page. Times never fail it.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { createServer } from "../../../server/dist/index.js";
import { webRoot } from "../../../client/web/root.js";
import { describe, judge, machine } from "../report.mjs";
import { openBarePage } from "./bare-page.mjs";
import { bundleSizes } from "./bundle.mjs";
import { withTypeScript } from "../../../scripts/lib/load-typescript.mjs";
import { startModel } from "./model.mjs";
import { ENDED_RUNS, runs } from "./runs.mjs";
import { heap, reopening, replaying, streaming } from "./scenarios.mjs";

const CHROMIUM = process.env.STAGEWIRE_CHROMIUM ?? "/usr/bin/chromium";
const SCENARIOS = { bundle, streaming, reopening, replaying, runs, heap };
/** What a scenario's data folder holds before its server opens it. */
const PREPARATIONS = { runs: writeEndedRuns };
const USAGE = `npm run bench:page -- [--only bundle,streaming,reopening,replaying,runs,heap] [--minutes 10] [--slowdown 4]
  --minutes   how long the stream of the scenario heap takes
  --slowdown  how many times slower Chromium's processor is made
Other work on the machine shows in every figure: as root, "nice -n -10 npm run bench:page" keeps some of it out.`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(SCENARIOS).join(",") },
    minutes: { type: "string", default: "10" },
    slowdown: { type: "string", default: "4" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const SLOWDOWN = Number(values.slowdown);
const VIEWPORT = { width: 1280, height: 800 };

if (values.help) console.log(USAGE);
else process.exitCode = await run(values.only.split(","));

async function run(names) {
  const unknown = names.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0) {
    console.error(
      `There is no scenario ${unknown.join(", ")}; there are ${Object.keys(SCENARIOS).join(", ")}.\n${USAGE}`,
    );
    return 2;
  }
  if (!existsSync(CHROMIUM)) {
    console.error(`There is no Chromium at ${CHROMIUM}: install it, or say where it is in STAGEWIRE_CHROMIUM.`);
    return 2;
  }
  const { node, platform, cpu, cores } = machine();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--headless", "--no-sandbox", "--disable-gpu"],
  });
  console.log(
    `Node ${node}, Chromium ${browser.version()}, ${platform}, ${cores} cores (${cpu}), ${values.slowdown} × slower\n`,
  );
  try {
    for (const name of names) {
      const startedAt = performance.now();
      const { floors, ...result } = await withServer(PREPARATIONS[name], (world) =>
        SCENARIOS[name]({
          ...world,
          browser,
          open: opener(browser),
          openBare: () => openBarePage(browser, { slowdown: SLOWDOWN, viewport: VIEWPORT }),
        }),
      );
      const judged = floors.map((floor) => ({ ...floor, verdict: judge(floor) }));
      const seconds = (performance.now() - startedAt) / 1_000;
      console.log(describe({ ...result, floors: judged, seconds }).join("\n"));
      console.log(`  load average meanwhile ${machine().loadAverage.join(" ")}\n`);
    }
  } finally {
    await browser.close();
  }
  return 0;
}

/** A server with a model of its own, and a data folder that is empty but for what `prepare` writes, for one scenario. */
async function withServer(prepare, act) {
  const answers = [];
  const model = await startModel(() => answers.shift() ?? { tokens: ["Done."] });
  const data = await mkdtemp(join(tmpdir(), "stagewire-bench-"));
  await prepare?.(data);
  const server = await createServer({
    port: 0,
    data,
    webRoot,
    openaiBaseUrl: model.baseUrl,
    model: "bench",
    logLevel: "silent",
  });
  try {
    return await act({ server, answers, minutes: Number(values.minutes) });
  } finally {
    await server.close();
    model.close();
    await rm(data, { recursive: true, force: true });
  }
}

function writeEndedRuns(folder) {
  return withTypeScript("/test/support/many-runs.ts", ({ seedRuns }) => seedRuns(folder, ENDED_RUNS, Date.now()));
}

/** Opens a page whose processor is slowed down before it loads anything. */
function opener(browser) {
  return async (init) => {
    const context = await browser.newContext({ viewport: VIEWPORT });
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
    if (init) await page.addInitScript(init);
    return { page, cdp, close: () => context.close() };
  };
}

function bundle() {
  const sizes = bundleSizes(webRoot);
  const kB = (bytes) => bytes / 1_000;
  return {
    title: "Weight of the built app, gzip",
    columns: { what: "", kB: "kB" },
    rows: Object.entries(sizes).map(([what, bytes]) => ({ what, kB: kB(bytes) })),
    floors: [
      { what: "entry", value: kB(sizes.entry), limit: 175, unit: " kB" },
      { what: "run route on top", value: kB(sizes.run), limit: 70, unit: " kB" },
    ],
  };
}
