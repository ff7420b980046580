import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { chromium } from "playwright-core";
import { root } from "../lib/run.mjs";

/** A phone is one from the start: its page is opened in that size, with a touch screen and its dense pixels. */
const SIZES = [
  { suffix: "", context: { viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 } },
  {
    suffix: "-phone",
    context: { viewport: { width: 375, height: 750 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  },
];
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"];
const COLOURS = [
  { suffix: "", colorScheme: "light" },
  { suffix: "-dark", colorScheme: "dark" },
];
/** Anything longer is a mistake of the script. A whole run of the demo model takes about a minute. */
const PATIENCE_MS = 120_000;

/**
 * Takes pictures into `folder`, of what `wanted(name)` says; a name is `<state>[-phone][-dark]`. `close` ends its
 * browsers. `shoot(state, url, ready)` opens the address once for every size that is wanted, waits until
 * `ready(page)` says that the state is there, and takes it in each colour. All sizes at the same time, since most states
 * pass, unless it is told to take them `oneByOne`.
 */
export async function createCamera(executablePath, folder, wanted) {
  mkdirSync(folder, { recursive: true });
  // A picture of the screen has the screen's pixels, whatever the page's own are.
  const browsers = new Map();
  for (const { context } of SIZES) {
    const args = [...ARGS, `--force-device-scale-factor=${context.deviceScaleFactor}`];
    browsers.set(context, await chromium.launch({ executablePath, args }));
  }

  async function shootSize(state, url, ready, size) {
    const colours = COLOURS.filter(({ suffix }) => wanted(state + size.suffix + suffix));
    if (colours.length === 0) return;
    const context = await browsers
      .get(size.context)
      .newContext({ ...size.context, colorScheme: colours[0].colorScheme });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    try {
      await page.goto(url);
      await ready(page);
      for (const { suffix, colorScheme } of colours) {
        await page.emulateMedia({ colorScheme });
        // Fonts, and colours of code that come from a worker.
        await page.waitForTimeout(400);
        const path = join(folder, `${state}${size.suffix}${suffix}.png`);
        writeFileSync(path, await capture(context, page));
        console.log(relative(root, path));
      }
    } finally {
      await context.close();
    }
  }

  return {
    async shoot(state, url, ready, { oneByOne = false } = {}) {
      if (!oneByOne) await Promise.all(SIZES.map((size) => shootSize(state, url, ready, size)));
      else for (const size of SIZES) await shootSize(state, url, ready, size);
    },
    async close() {
      for (const browser of browsers.values()) await browser.close();
    },
  };
}

/** What the screen shows. Playwright's own way cuts it out of the page by a place that a following page has left by then. */
async function capture(context, page) {
  const session = await context.newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "png" });
  await session.detach();
  return Buffer.from(data, "base64");
}
