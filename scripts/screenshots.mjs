import "./node-version.mjs";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { build, RUNTIME } from "./lib/build.mjs";
import { fail, root } from "./lib/run.mjs";

const CHROMIUM = process.env.STAGEWIRE_CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"];
/** The pictures that the documents show, of all that could be taken: `<state>[-phone][-dark]`. */
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
const SIZES = [
  { suffix: "", viewport: { width: 1280, height: 800 } },
  { suffix: "-phone", viewport: { width: 390, height: 780 } },
];
const COLOURS = [
  { suffix: "", colorScheme: "light" },
  { suffix: "-dark", colorScheme: "dark" },
];
const TASK = "A rate limiter for an HTTP server";
/** The picture of a live run is taken in the middle of this step, when so much of its text is there, in UTF-16 units. */
const STEP = "Refinement 1";
const WRITTEN = 1_200;
const PATIENCE = { timeout: 240_000 };

const USAGE = `npm run screenshots -- [--all folder]
  --all  takes every state at both sizes and in both colours into the folder, instead of those in docs/images`;

const { values } = parseArgs({
  options: { all: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
});
const folder = values.all === undefined ? join(root, "docs/images") : resolve(values.all);

/**
 * Makes the pictures of the main states anew: runs of the demo model, in a real browser. With `--all <folder>` every
 * state is taken at both sizes and in both colours, to be looked at.
 */
async function main() {
  await build(RUNTIME);
  const data = mkdtempSync(join(tmpdir(), "stagewire-screenshots-"));
  const flags = ["serve", "--port", "0", "--data", data, "--max-concurrent-runs", "2", "--json"];
  const server = spawn(process.execPath, [join(root, "client/cli/bin/stagewire.mjs"), ...flags], {
    cwd: data,
    env: demoEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(server, "exit");
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  try {
    const [hello] = await once(createInterface({ input: server.stdout }), "line");
    mkdirSync(folder, { recursive: true });
    await takeAll(browser, JSON.parse(hello).url);
  } finally {
    await browser.close();
    server.kill("SIGTERM");
    await gone;
    rmSync(data, { recursive: true, force: true });
  }
}

async function takeAll(browser, url) {
  const open = async (path) => {
    const page = await browser.newPage(SIZES[0]);
    await page.goto(url + path);
    return page;
  };

  const start = await open("/runs/new");
  await start.getByLabel("What should be built?").fill(TASK);
  await start.getByText("More options").click();
  await shoot(start, "start");

  // It has used up what it may long before its end, so it fails.
  const failing = await startRun(url, "A job queue on Postgres", { maxTokens: 2_500 });
  const run = `/runs/${await startRun(url, TASK)}`;
  const live = await open(run);
  await live.locator("#step-title", { hasText: STEP }).waitFor(PATIENCE);
  await live.waitForFunction((least) => document.querySelector(".prose")?.textContent.length > least, WRITTEN);
  await shoot(live, "run");

  const cancelled = await startRun(url, "A feed reader that works offline");
  const others = [
    await startRun(url, "A URL shortener with statistics, whose addresses expire, and an API to make them"),
    await startRun(url, "A chat server with rooms"),
  ];
  const waiting = await open(`/runs/${cancelled}`);
  await waiting.waitForFunction(() => document.querySelector(".prose")?.textContent.length > 200, undefined, PATIENCE);
  await waiting.getByRole("button", { name: "Cancel run" }).click();
  await waiting.getByRole("heading", { name: /^Cancelled after/ }).waitFor(PATIENCE);
  await shoot(waiting, "cancelled");

  const list = await open("/runs");
  await list.getByRole("row", { name: "Cancelled" }).waitFor();
  await list.locator(".runs-row", { hasText: "shortener" }).getByText("architecture").waitFor(PATIENCE);
  await shoot(list, "runs");

  await live.getByRole("button", { name: "Pause", exact: true }).click();
  await live.getByRole("button", { name: "Resume the run" }).waitFor(PATIENCE);
  await shoot(live, "paused");
  // Nobody else may have its turn.
  for (const other of others) await fetch(`${url}/api/runs/${other}/control`, cancelNow());
  await live.getByRole("button", { name: "Resume the run" }).click();
  await live.getByRole("button", { name: "More ways to skip" }).click();
  await live.getByRole("button", { name: "Skip all refinement" }).click();

  const failed = await open(`/runs/${failing}`);
  await failed.getByRole("heading", { name: /^The run failed/ }).waitFor(PATIENCE);
  await shoot(failed, "failed");

  await live.locator(".run-heading .chip", { hasText: "Finished" }).waitFor(PATIENCE);
  const finished = await open(run);
  await finished.getByRole("heading", { name: /^Finished in/ }).waitFor();
  await shoot(finished, "finished");
  for (const view of ["diff", "timeline", "events"]) {
    const other = await open(`${run}?view=${view}`);
    await other.locator(".run-view > :not(.note)").first().waitFor();
    // To the changes themselves, past the findings.
    if (view === "diff") await other.keyboard.press(".");
    await shoot(other, view);
  }
}

/** Takes a state at the sizes and in the colours that are wanted, which are changed in place. */
async function shoot(page, state) {
  for (const size of SIZES) {
    for (const colour of COLOURS) {
      const name = `${state}${size.suffix}${colour.suffix}`;
      if (values.all === undefined && !SHOWN.has(name)) continue;
      await page.setViewportSize(size.viewport);
      await page.emulateMedia({ colorScheme: colour.colorScheme });
      // Fonts, and colours of code that come from a worker.
      await page.waitForTimeout(400);
      const path = join(folder, `${name}.png`);
      await page.screenshot({ path });
      console.log(relative(root, path));
    }
  }
  await page.setViewportSize(SIZES[0].viewport);
}

/** This environment without what would name a model's server: the demo model answers. */
function demoEnvironment() {
  const names = /^(STAGEWIRE_|OPENAI_|PORT$|HOST$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.test(name)));
}

async function startRun(url, task, options = {}) {
  const response = await fetch(`${url}/api/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ task, options }),
  });
  const { runId } = await response.json();
  return runId;
}

function cancelNow() {
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ commandId: randomUUID(), command: { type: "cancel", when: "now" } }),
  };
}

if (values.help) console.log(USAGE);
else await main().catch(fail);
