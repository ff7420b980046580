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

  test("on its side, and at 200 %, all of the menu can be reached, and the text has most of the height", async () => {
    const { page } = await scene.browser.open(await scene.start(), { ...PHONE, viewport: { width: 640, height: 400 } });
    (await scene.model.next()).write("A line of text.\n\n".repeat(60));
    await page.getByText("A line of text.").last().waitFor();
    const heading = page.getByRole("heading", { name: "Architecture" });
    await expect.poll(async () => (await heading.boundingBox())?.y ?? 0).toBeLessThan(0);
    await page.getByRole("button", { name: "More", exact: true }).tap();
    const menu = page.locator(".more-menu .popover");
    expect((await menu.boundingBox())?.y).toBeGreaterThanOrEqual(0);
    await menu.getByRole("button", { name: "Skip all refinement" }).tap();
    await page.getByText(/^Skip: acknowledged/).waitFor();
  });

  test("what can be pressed is large enough for a finger, and only the page scrolls up and down", async () => {
    const { page } = await scene.browser.open(await scene.start("A task.\n".repeat(80), { maxRefinements: 0 }), PHONE);
    scene.model.answer((call) => `${answerOf(call)}\n\n\`\`\`ts\nconst a = 1;\n\`\`\`\n`);
    await page.getByRole("heading", { name: /^Finished in/ }).waitFor();
    const summary = page.getByText(/^Task, started/);
    await summary.tap();
    expect(await overflowing(page)).toEqual([]);
    for (const each of [summary, page.getByRole("button", { name: "Copy code" }).first()]) {
      expect((await each.boundingBox())?.height).toBeGreaterThanOrEqual(40);
    }
    await page.getByRole("button", { name: "Details" }).tap();
    await page.getByText("What the model was asked").tap();
    await page.locator(".inspector-prompt .plain").first().waitFor();
    expect(await overflowing(page)).toEqual(["inspector-body"]);
    await page.goto(`${scene.server.url}/runs`);
    const start = page.getByRole("link", { name: "Start a run" });
    await expect.poll(async () => (await start.boundingBox())?.height).toBeGreaterThanOrEqual(44);
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

/** What scrolls up and down within the page, by its class. */
function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("body *")]
      .filter((each) => /auto|scroll/.test(getComputedStyle(each).overflowY) && each.checkVisibility())
      .filter(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight + 1)
      .map(({ className }) => className),
  );
}

function height(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((element) => element.getBoundingClientRect().height);
}
