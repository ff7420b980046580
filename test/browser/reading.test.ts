import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, moving, sidewaysScroll } from "../support/browser.js";
import { pagesPerTest } from "../support/pages.js";

const LINES = Array.from({ length: 120 }, (_, index) => `early line ${index}.\n\n`).join("");

describe.skipIf(chromiumMissing)(`reading a run (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest({ maxConcurrentRuns: 1 });

  test("a line that is read stays where it is, whatever is written and however the run ends; a reload finds it again", async () => {
    const { page } = await scene.browser.open(await scene.start());
    const call = await scene.model.next();
    call.write(LINES);
    const read = page.getByText("early line 60.", { exact: true });
    await read.waitFor();
    await expect.poll(() => distanceToEnd(page)).toBe(0);
    await page.locator(".transcript").focus();
    await page.keyboard.press("PageUp");
    await page.getByRole("button", { name: /^Live/ }).waitFor();
    await read.evaluate((line) => line.scrollIntoView({ block: "center", behavior: "instant" }));
    // What was out of sight gets its real height once it is near.
    await settled(page);
    const place = await top(page);

    call.write("late line.\n\n".repeat(40));
    await page.getByRole("button", { name: /^Live, \d+ new lines$/ }).waitFor();
    await expect.poll(() => page.getByText("late line.").count()).toBe(40);
    expect(await top(page)).toBe(place);
    await page.reload();
    await expect.poll(() => top(page)).toBe(place);
    call.cut();
    await page.getByRole("list", { name: "Errors in this step" }).waitFor();
  });

  test("the end takes hold again, and finishing does not scroll", async () => {
    const { page } = await scene.browser.open(await scene.start());
    const call = await scene.model.next();
    call.write(LINES);
    await expect.poll(() => distanceToEnd(page)).toBe(0);
    await page.mouse.move(700, 400);
    await page.mouse.wheel(0, -900);
    await page.getByRole("button", { name: /^Live/ }).waitFor();
    await page.keyboard.press("End");
    await page.getByRole("button", { name: /^Live/ }).waitFor({ state: "hidden" });
    await expect.poll(() => distanceToEnd(page)).toBe(0);
    const last = page.getByText("early line 119.", { exact: true });
    const before = (await last.boundingBox())?.y;
    await page.getByRole("button", { name: "Cancel run" }).click();
    await page.locator(".run-heading .chip", { hasText: "Cancelled" }).waitFor();
    expect((await last.boundingBox())?.y).toBe(before);
  });

  test("a cancel's reason is shown; twice the size and reduced motion are respected", async () => {
    // What 200 % leave of 1280 × 800.
    const zoomed = { viewport: { width: 640, height: 400 }, reducedMotion: "reduce" as const };
    const { page } = await scene.browser.open(await scene.start(), zoomed);
    (await scene.model.next()).write(LINES);
    await page.getByText("early line 5.", { exact: true }).waitFor();
    expect(await sidewaysScroll(page)).toBe(0);
    expect(await moving(page)).toEqual([]);
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("textbox", { name: "Reason, if you want to give one" }).fill("the wrong task");
    await page.getByRole("button", { name: "Cancel now" }).click();
    await page.getByText(/^cancelled by someone at this server after \d\d:\d\d: the wrong task$/).waitFor();
  });
});

/** Waits until two frames have left the line that is read where it is. */
async function settled(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      const before = await top(page);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      return (await top(page)) - before;
    })
    .toBe(0);
}

/** Where the line that is read stands, in pixels from the window's top. */
async function top(page: Page): Promise<number> {
  const box = await page.getByText("early line 60.", { exact: true }).boundingBox();
  return Math.round(box?.y ?? -1);
}

/** How far the text could still be scrolled down, in pixels. */
function distanceToEnd(page: Page): Promise<number> {
  return page
    .locator(".transcript")
    .evaluate(({ scrollHeight, clientHeight, scrollTop }) =>
      Math.round(Math.max(0, scrollHeight - clientHeight - scrollTop - 1)),
    );
}
