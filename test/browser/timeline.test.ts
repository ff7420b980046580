import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { pagesPerTest } from "../support/pages.js";
import { answerOf, reach } from "../support/scene.js";

describe.skipIf(chromiumMissing)(`the timeline of a run (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest();

  test(
    "tells attempts, waits, gates and skipped iterations with their figures, live and from a fresh page",
    { timeout: 60_000 },
    async () => {
      const { runId } = await scene.server.engine.start({
        task: "build it",
        options: { gates: ["documentation"], maxRefinements: 1 },
      });
      const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/${runId}?view=timeline`);
      const call = await reach(scene.model, "implementation");
      await expect
        .poll(() => row(page, "Architecture"))
        .toMatch(/Finished.*some-model: first token after .* s, written in/s);
      await expect.poll(() => row(page, "Implementation")).toMatch(/Running.*waiting for the first token for/s);
      expect(await row(page, "Review")).toMatch(/Planned/);
      const short = await tookMs(page, "Implementation");
      await expect.poll(() => tookMs(page, "Implementation")).toBeGreaterThan(short);
      call.refuse(503, "overloaded");

      (await reach(scene.model, "refinement", 1)).write("half of it");
      await page.getByRole("button", { name: "Skip iteration" }).click();
      await page.getByText("Paused before Documentation").or(page.getByText("Paused at the gate")).first().waitFor();
      await expect.poll(() => row(page, "Paused before Documentation")).toMatch(/Goes on.*So far/s);
      await page.getByRole("button", { name: "Resume" }).click();
      scene.model.answer(answerOf);
      await page.getByText(/^finished in/).waitFor();

      const check = async () => {
        expect(await row(page, "Implementation")).toMatch(
          /2 attempts.*Attempt 1, some-model: failed after .*overloaded.*; next attempt after .* s.*Attempt 2, some-model: first token after/s,
        );
        expect(await row(page, "Gate before Documentation")).toMatch(
          /Resumed by someone at this server.*Took .*Resumed by someone at this server at/s,
        );
        expect(await row(page, "Refinement 1")).toMatch(/Skipped by someone at this server, \d.*first token after/s);
      };
      await check();
      await page.reload();
      await expect.poll(() => row(page, "Implementation")).toMatch(/2 attempts/);
      await check();
      expect(complaints).toEqual([]);
    },
  );

  test("is walked by keys, and leads to the text of a step; times are in UTC if one likes", async () => {
    scene.model.answer(answerOf);
    const { runId } = await scene.server.engine.start({ task: "build it", options: { maxRefinements: 0 } });
    await expect.poll(async () => (await scene.server.engine.get(runId)).status).toBe("completed");
    const { page } = await scene.browser.open(`${scene.server.url}/runs/${runId}?view=timeline`);
    await page.getByRole("row", { name: /^Architecture/ }).waitFor();
    const range = page.locator(".timeline-range");
    expect(await range.innerText()).not.toContain("UTC");
    await page.keyboard.press("z");
    await expect.poll(() => range.innerText()).toContain("UTC");

    await page
      .getByRole("button", { name: /^Architecture/ })
      .last()
      .focus();
    await page.keyboard.press("End");
    expect(await focused(page)).toContain("Documentation");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    expect(await focused(page)).toContain("Implementation");
    await page
      .getByRole("row", { name: /^Implementation/ })
      .getByText("some-model:")
      .waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("text of implementation 0").waitFor();
    expect(new URL(page.url()).search).toBe("?stage=implementation&iteration=0");
  });

  test("a fork shows what it took over as that, on a phone too", async () => {
    scene.model.answer(answerOf);
    const { runId } = await scene.server.engine.start({ task: "build it", options: { maxRefinements: 0 } });
    await expect.poll(async () => (await scene.server.engine.get(runId)).status).toBe("completed");
    const fork = await scene.server.engine.start({
      task: "build it",
      options: { maxRefinements: 0 },
      parent: { runId, fromStage: "review" },
    });
    const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/${fork.runId}?view=timeline`, {
      viewport: { width: 375, height: 780 },
    });
    await page.getByText(/^finished in/).waitFor();
    await expect.poll(() => row(page, "Implementation")).toMatch(/Taken over from the earlier run.*took no time here/s);
    expect(await row(page, "Review")).toMatch(/first token after/);
    expect(await sidewaysScroll(page)).toBe(0);
    expect(complaints).toEqual([]);
  });
});

/** All that a row says, to whoever reads the table. */
async function row(page: Page, title: string): Promise<string> {
  const found = page.getByRole("row", { name: new RegExp(`^${title}(?! \\d)`) });
  return (await found.count()) === 0 ? "" : ((await found.textContent()) ?? "");
}

async function tookMs(page: Page, title: string): Promise<number> {
  const text = await page
    .getByRole("row", { name: new RegExp(`^${title}(?! \\d)`) })
    .locator("td")
    .last()
    .innerText();
  return Number.parseFloat(text);
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? "");
}
