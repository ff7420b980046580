import { existsSync } from "node:fs";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

/** Where Chromium is expected. */
export const CHROMIUM = process.env["STAGEWIRE_CHROMIUM"] ?? "/usr/bin/chromium";

/** True when the tests that need a browser can't run here. */
export const chromiumMissing = !existsSync(CHROMIUM);

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A Chromium of the test's own. */
export interface TestBrowser extends AsyncDisposable {
  /** A tab with its own storage, whose doings are noted. It is closed with the test: one that lives on is drawn on. */
  open(url: string, options?: BrowserContextOptions): Promise<TestPage>;
}

export interface TestPage {
  readonly page: Page;
  /** Console errors and warnings, uncaught errors, and requests to another origin: a good page has none. */
  readonly complaints: readonly string[];
}

export async function startBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  return {
    async open(url, options = {}) {
      const context = await browser.newContext(options);
      onTestFinished(async () => {
        if (browser.isConnected()) await context.close();
      });
      const page = await context.newPage();
      const complaints = watchPage(page, new URL(url).host);
      await page.goto(url);
      // The page has heard from the server: until it was rendered whole, keys would go nowhere.
      if ((await page.locator("#root").count()) > 0) await page.locator(".app-model").waitFor({ state: "attached" });
      return { page, complaints };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

function watchPage(page: Page, host: string): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  const checkHost = (url: string) => {
    if (new URL(url).host !== host) complaints.push(`left the origin: ${url}`);
  };
  page.on("request", (request) => checkHost(request.url()));
  page.on("websocket", (socket) => checkHost(socket.url()));
  return complaints;
}

/** How many pixels the page is wider than its window, once it was drawn for it: 0 where nothing scrolls sideways. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(async () => {
    // What changes with the width hears of it in the first of these frames.
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
    return document.documentElement.scrollWidth - window.innerWidth;
  });
}

/** Names of the animations that run on the page. */
export function moving(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState }) => playState === "running")
      .map((animation) => ("animationName" in animation ? String(animation.animationName) : animation.id)),
  );
}
