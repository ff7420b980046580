import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { pagesPerTest } from "../support/pages.js";
import { answerOf, reach } from "../support/scene.js";

/** The second event that the log has kept: before it one may have told that the run waited for a place. */
const SECOND = /^#2(?:–(\d+))? stage_start$/;

describe.skipIf(chromiumMissing)(`the events of a run (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest();

  test("are filtered, chosen and linked to; a reload shows the same", { timeout: 90_000 }, async () => {
    scene.model.answer(answerOf);
    const { runId } = await scene.server.engine.start({ task: "build it", options: { maxRefinements: 1 } });
    await expect.poll(async () => (await scene.server.engine.get(runId)).status).toBe("completed");
    const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/${runId}?view=events`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const list = page.getByRole("listbox", { name: "Events of the run" });
    await list.getByText("run_complete").waitFor();
    expect(await list.locator(".events-seq").allInnerTexts()).toContainEqual(expect.stringMatching(/^\d+–\d+$/));

    await page.getByLabel("Type").selectOption("stage_complete");
    await expect.poll(() => typesOf(page)).toEqual(Array.from({ length: 6 }, () => "stage_complete"));
    await page.getByLabel("Step").selectOption({ label: "Review 1" });
    await expect.poll(() => typesOf(page)).toHaveLength(1);
    await page.getByLabel("Step").selectOption("");
    await page.getByLabel("Text").fill("TEXT OF documentation");
    await expect.poll(() => list.locator(".events-step").allInnerTexts()).toEqual(["Documentation"]);
    await expect.poll(() => new URL(page.url()).searchParams.get("event-text")).toBe("TEXT OF documentation");
    await page.reload();
    await expect.poll(() => list.locator(".events-step").allInnerTexts()).toEqual(["Documentation"]);
    expect(await page.getByLabel("Type").inputValue()).toBe("stage_complete");
    await page.getByLabel("Text").fill("nowhere in it");
    await page.getByText("No event matches.").waitFor();
    await page.getByLabel("Text").fill("");
    await page.getByLabel("Type").selectOption("");

    await list.focus();
    await list.press("Home");
    await page.getByRole("heading", { name: "#1 run_start" }).waitFor();
    await list.press("ArrowDown");
    await page.getByRole("heading", { name: SECOND }).waitFor();
    const seq = Number(SECOND.exec(await page.getByRole("heading", { name: SECOND }).innerText())?.[1] ?? 2);
    await expect.poll(() => new URL(page.url()).searchParams.get("event")).toBe(String(seq));
    await page.getByRole("button", { name: "Copy JSON" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('"type": "stage_start"');
    expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toMatchObject({ seq, runId });

    await page.getByRole("button", { name: "Show the run at this event" }).click();
    await page.getByText(`Event #${seq},`).waitFor();
    await page.getByText("This is a replay.").waitFor();
    await page.getByRole("button", { name: "Copy link" }).last().click();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(new URL(link).search).toBe(`?view=events&at=${seq}`);
    const second = await scene.browser.open(link);
    await second.page.getByRole("heading", { name: SECOND }).waitFor();
    await second.page.getByText(`Event #${seq},`).waitFor();
    expect([...complaints, ...second.complaints]).toEqual([]);
  });

  test("the list follows what comes until one scrolls away, and a button leads back", { timeout: 60_000 }, async () => {
    const { runId } = await scene.server.engine.start({ task: "build it" });
    const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/${runId}?view=events`);
    const call = await reach(scene.model, "implementation");
    const list = page.getByRole("listbox", { name: "Events of the run" });
    // Signs of life come too, so there is more than one screen soon.
    for (let piece = 0; (await distanceToEnd(page)) === 0 && (await scrollable(page)) < 300; piece++) {
      call.write(`piece ${piece} `);
      await expect.poll(() => list.getByText(`piece ${piece} `).count()).toBeGreaterThan(0);
    }
    await expect.poll(() => distanceToEnd(page)).toBe(0);
    await list.hover();
    await page.mouse.wheel(0, -200);
    await expect.poll(() => distanceToEnd(page)).toBeGreaterThan(100);
    const place = await scrollTop(page);
    call.write("something new");
    await page.getByRole("button", { name: /new events?$/ }).waitFor();
    expect(await scrollTop(page)).toBe(place);
    await page.getByRole("button", { name: /new events?$/ }).click();
    await expect.poll(() => distanceToEnd(page)).toBe(0);
    await list.getByText("something new").waitFor();
    expect(complaints).toEqual([]);
  });

  test("20,000 of them make no more rows than can be seen", { timeout: 120_000 }, async () => {
    const { runId } = await scene.server.engine.start({ task: "build it" });
    const call = await scene.model.next();
    // Thoughts and words in turn are not merged, however late one comes.
    for (let piece = 0; piece < 10_000; piece++) {
      call.write(`thought ${piece}. `, "reasoning");
      call.write(`word ${piece}. `);
    }
    await expect
      .poll(async () => (await scene.server.engine.get(runId)).steps[0]?.output, { timeout: 60_000 })
      .toContain("word 9999.");
    const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/${runId}?view=events`);
    await page.getByText(/^20,0\d\d events/).waitFor();
    const list = page.getByRole("listbox", { name: "Events of the run" });
    await expect.poll(() => distanceToEnd(page)).toBe(0);
    expect(await list.getByRole("option").count()).toBeLessThan(80);
    await list.focus();
    await list.press("Home");
    await list.getByText("run_start").waitFor();
    await page.getByLabel("Type").selectOption("stage_start");
    await expect.poll(() => typesOf(page)).toEqual(["stage_start"]);
    await page.getByLabel("Type").selectOption("");
    await page.getByLabel("Text").fill("word 4999.");
    await expect.poll(() => typesOf(page)).toEqual(["token"]);
    expect(complaints).toEqual([]);
  });

  test("on a phone nothing scrolls sideways", async () => {
    scene.model.answer(answerOf);
    const { runId } = await scene.server.engine.start({ task: "build it", options: { maxRefinements: 0 } });
    await expect.poll(async () => (await scene.server.engine.get(runId)).status).toBe("completed");
    const { page } = await scene.browser.open(`${scene.server.url}/runs/${runId}?view=events&event=2`, {
      viewport: { width: 360, height: 740 },
    });
    await page.getByRole("heading", { name: SECOND }).waitFor();
    expect(await sidewaysScroll(page)).toBe(0);
  });

  test("on a phone the event that is pressed comes into sight, and closing it gives the focus back", async () => {
    scene.model.answer(answerOf);
    const { runId } = await scene.server.engine.start({ task: "build it", options: { maxRefinements: 0 } });
    await expect.poll(async () => (await scene.server.engine.get(runId)).status).toBe("completed");
    const { page } = await scene.browser.open(`${scene.server.url}/runs/${runId}?view=events`, {
      viewport: { width: 360, height: 740 },
    });
    await page.locator(".events-row").first().click();
    const details = page.locator(".event-details");
    const bottom = async () => {
      const box = await details.boundingBox();
      return box ? box.y + box.height : Infinity;
    };
    const bar = (await page.locator(".controls").boundingBox())?.y ?? 0;
    await expect.poll(bottom).toBeLessThanOrEqual(bar);
    await page.getByRole("button", { name: "Close the event" }).press("Enter");
    await details.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("events-list");
  });
});

function typesOf(page: Page): Promise<string[]> {
  return page.locator(".events-type").allInnerTexts();
}

function distanceToEnd(page: Page): Promise<number> {
  return page
    .locator(".events-list")
    .evaluate((list) => Math.round(list.scrollHeight - list.clientHeight - list.scrollTop));
}

function scrollable(page: Page): Promise<number> {
  return page.locator(".events-list").evaluate((list) => list.scrollHeight - list.clientHeight);
}

function scrollTop(page: Page): Promise<number> {
  return page.locator(".events-list").evaluate((list) => list.scrollTop);
}
