import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { pagesPerTest } from "../support/pages.js";

const FILLER = "Nothing to see in this paragraph.\n\n".repeat(60);

describe.skipIf(chromiumMissing)(`find in text (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest();

  test("words are found while the text arrives, by keys alone, and Escape gives the focus back", async () => {
    const { page, complaints } = await scene.browser.open(await scene.start());
    const call = await scene.model.next();
    call.write(`A **gol**den needle.\n\n${FILLER}\`\`\`ts\nconst needle = 1;\n\`\`\`\n\n${FILLER}`);
    await page.getByText("const needle = 1;").waitFor();
    const pause = page.getByRole("button", { name: "Pause" });
    await pause.focus();
    await page.keyboard.press("/");
    const field = page.getByRole("textbox", { name: "Find", exact: true });
    await field.waitFor();
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);

    await page.keyboard.type("NEEDLE");
    await count(page, / of 2$/);
    expect(await coloured(page)).toEqual(["needle", "needle"]);
    call.write("The last needle.\n\nAnd more.\n\n");
    await count(page, / of 3$/);

    for (const place of [1, 2, 3, 1]) {
      while (!(await page.locator(".find-count").innerText()).startsWith(`${place} of`))
        await page.keyboard.press("Enter");
      await expect.poll(() => currentInSight(page)).toBe(true);
    }
    const there = await page.evaluate(() => window.scrollY);
    call.write(FILLER);
    call.write("Another needle.");
    await count(page, /^1 of 4$/);
    expect(await page.evaluate(() => window.scrollY)).toBe(there);

    await field.fill("golden needle");
    await count(page, /^1 of 1$/);
    expect(await coloured(page)).toEqual(["golden needle"]);
    await field.fill("needle.nothing");
    await count(page, /^none here$/);
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
    expect(await pause.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await coloured(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("the other steps with the words are named, and Next goes on to them", async () => {
    const phone = { viewport: { width: 360, height: 740 } };
    const { page, complaints } = await scene.browser.open(await scene.start(), phone);
    const architecture = await scene.model.next();
    architecture.write("One needle here.");
    architecture.end();
    const implementation = await scene.model.next();
    implementation.write("A needle, and a second needle.");
    await page.getByText("a second needle").waitFor();
    await page.locator("body").press("/");
    await page.getByRole("textbox", { name: "Find", exact: true }).fill("needle");
    await count(page, /^1 of 2$/);
    await page.getByRole("button", { name: /^Architecture \(1\)$/ }).waitFor();
    await page.keyboard.press("Enter");
    await count(page, /^2 of 2$/);
    await page.keyboard.press("Enter");
    await page.locator("#step-title", { hasText: "Architecture" }).waitFor();
    await count(page, /^1 of 1$/);
    expect(await coloured(page)).toEqual(["needle"]);
    await page.keyboard.press("Shift+Enter");
    await page.locator("#step-title", { hasText: "Implementation" }).waitFor();
    await count(page, /^2 of 2$/);
    expect(await sidewaysScroll(page)).toBe(0);
    expect(complaints).toEqual([]);
  });
});

async function count(page: Page, text: RegExp): Promise<void> {
  await page.locator(".find-count", { hasText: text }).waitFor();
}

/** The words that are coloured as found. */
function coloured(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...(CSS.highlights.get("find") ?? [])].map(({ startContainer, startOffset, endContainer, endOffset }) => {
      const range = document.createRange();
      range.setStart(startContainer, startOffset);
      range.setEnd(endContainer, endOffset);
      return range.toString();
    }),
  );
}

/** Whether the current place can be seen. */
function currentInSight(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const [range] = CSS.highlights.get("find-current") ?? [];
    if (!(range instanceof Range)) return false;
    const { top, bottom } = range.getBoundingClientRect();
    return bottom > top && top >= 0 && bottom <= window.innerHeight;
  });
}
