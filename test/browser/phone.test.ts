import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { pagesPerTest } from "../support/pages.js";
import { answerOf } from "../support/scene.js";

const PHONE = { viewport: { width: 375, height: 750 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

describe.skipIf(chromiumMissing)(`a run on a phone (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest({ maxConcurrentRuns: 1 });

  test("a run that has ended is replayed from the menu, and the focus is where the replay can be paused", async () => {
    const { page } = await scene.browser.open(await scene.start("build it", { maxRefinements: 0 }), PHONE);
    scene.model.answer(answerOf);
    await page.getByRole("heading", { name: /^Finished in/ }).waitFor();
    await page.getByRole("button", { name: "More", exact: true }).tap();
    await page.getByRole("button", { name: "Replay", exact: true }).tap();
    await page.getByText("This is a replay.").waitFor({ state: "attached" });
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("scrubber-play");
    expect(await sidewaysScroll(page)).toBe(0);
  });

  test("without a connection the text keeps the page, and all of the line about it can be read", async () => {
    await using proxy = await startCuttingProxy(scene.server.url);
    const { page } = await scene.browser.open(proxy.url + new URL(await scene.start()).pathname, PHONE);
    (await scene.model.next()).write("Before the cut.\n\n");
    await page.getByText("Before the cut.").waitFor();
    expect(await page.getByText("Before the cut.").isVisible()).toBe(true);
    proxy.down();
    await page
      .locator(".pulse")
      .getByText(/^shown as of #\d+, /)
      .waitFor();
    expect(await height(page, ".pulse")).toBeLessThan(100);
    expect(await sidewaysScroll(page)).toBe(0);
  });

  test("a run that waits for its turn, or for its next attempt, says so beside its steps", async () => {
    const first = await scene.start();
    const call = await scene.model.next();
    const { page } = await scene.browser.open(await scene.start("the second"), PHONE);
    await page.getByText("Not started yet; queued, next in line: this server runs no more at once.").waitFor();
    await page.goto(first);
    call.refuse(503, "too busy", { "retry-after": "5" });
    await page.getByText(/^Next: attempt 2 of at most 4 in \d/).waitFor();
    expect(await sidewaysScroll(page)).toBe(0);
  });
});

function height(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((element) => element.getBoundingClientRect().height);
}
