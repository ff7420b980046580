import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { demoAnswer } from "../../server/src/models/demo-answers/index.js";
import { axeViolations, faultsEverywhere } from "../support/axe.js";
import { CHROMIUM, chromiumMissing } from "../support/browser.js";
import { pagesPerFile } from "../support/pages.js";
import { placeOf, verdict } from "../support/scene.js";
import type { ModelCall } from "../support/scripted-model.js";

const LINES = 12_000;

/** A task that says "huge" or "unanswered" gets answers of that kind, every other one those of the demo model. */
function answer(call: ModelCall): string {
  const place = placeOf(call);
  const task = call.body.messages.at(-1)?.content ?? "";
  if (task.includes("a huge one")) {
    if (place.startsWith("review")) return verdict(place !== "review 0", "Everything");
    return Array.from(
      { length: LINES },
      (_, line) => `${place} ${line % 2 === 0 ? "even" : "odd"} line ${line}\n`,
    ).join("");
  }
  if (task.includes("an unanswered one") && place === "review 0")
    return verdict(false, "Passwords are kept as plain text");
  return demoAnswer(call.body.messages.map((message) => ({ ...message, role: message.role as "user" }))).content;
}

describe.skipIf(chromiumMissing)(`the diff (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerFile();
  let url: string;

  beforeAll(async () => {
    scene.model.answer(answer);
    url = await finishedRun("a rate limiter");
  });

  async function finishedRun(task: string, maxRefinements = 3): Promise<string> {
    const { runId } = await scene.server.engine.start({ task, options: { maxRefinements } });
    await vi.waitFor(async () => expect((await scene.server.engine.get(runId)).status).toBe("completed"), {
      timeout: 20_000,
    });
    return `${scene.server.url}/runs/${runId}`;
  }

  test("compares the last two versions, or those of the address, and remembers the layout", async () => {
    const { page, complaints } = await scene.browser.open(`${url}?view=diff`);
    await page.getByRole("heading", { name: /^Change 1 of 3/ }).waitFor();
    expect(await chosen(page)).toEqual(["Refinement 1", "Refinement 2 (stands)"]);
    expect(await page.locator(".diff-toolbar .diff-totals").innerText()).toMatch(/^\+\d+.*−\d+.*in 3 changes$/s);

    await page.getByLabel("From", { exact: true }).selectOption({ label: "Implementation" });
    await page.getByLabel("To", { exact: true }).selectOption({ label: "Refinement 1" });
    await page.getByRole("heading", { name: /^Change 1 of 4/ }).waitFor();
    expect(new URL(page.url()).searchParams.get("a")).toBe("implementation");
    expect(new URL(page.url()).searchParams.get("b")).toBe("refinement:1");
    await page.getByRole("button", { name: "Side by side" }).click();
    const cell = page.locator('td[data-kind="ins"] .diff-word', { hasText: "ceil" });
    await cell.waitFor();

    await page.reload();
    await cell.waitFor();
    expect(await chosen(page)).toEqual(["Implementation", "Refinement 1"]);
    const { page: second } = await scene.browser.open(page.url());
    await second.getByRole("heading", { name: /^Change 1 of 4/ }).waitFor();
    expect(await chosen(second)).toEqual(["Implementation", "Refinement 1"]);

    await page.getByRole("button", { name: "Swap" }).click();
    await page.locator('td[data-kind="del"] .diff-word', { hasText: "ceil" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("keys go from change to change, folds open, findings lead to their change, and the diff is copied", async () => {
    const { page, complaints } = await scene.browser.open(`${url}?view=diff&a=implementation&b=refinement:1`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.getByRole("heading", { name: /^Change 1 of 4/ }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.slice(0, 11));
    await page.keyboard.press(".");
    await expect.poll(focused).toBe("Change 1 of");
    await page.keyboard.press(".");
    await expect.poll(focused).toBe("Change 2 of");
    for (let press = 0; press < 4; press++) await page.keyboard.press(".");
    await expect.poll(focused).toBe("Change 4 of");
    await page.keyboard.press(",");
    await expect.poll(focused).toBe("Change 3 of");

    const finding = page.getByRole("list", { name: "Changes that mention “Retry-After is rounded down”" });
    await finding.getByRole("button", { name: "Change 3 · src/http.ts" }).first().click();
    await expect.poll(focused).toBe("Change 3 of");
    const text = (await page.getByRole("region", { name: /^Change 3 of 4/ }).innerText()).replace(/\s+/g, " ");
    expect(text).toContain("98 − const seconds = Math.floor(");
    expect(text).toContain("107 + const seconds = Math.ceil(");

    const fold = page.getByRole("button", { name: /^Show \d+ unchanged lines$/ }).first();
    const before = await page.locator(".diff-table tr").count();
    await fold.click();
    expect(await page.locator(".diff-table tr").count()).toBeGreaterThan(before + 10);

    await page.getByRole("button", { name: "Copy diff" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const patch = await page.evaluate(() => navigator.clipboard.readText());
    expect(patch).toMatch(/^--- Implementation\n\+\+\+ Refinement 1\n@@ -1,/);
    expect(complaints).toEqual([]);
  });

  test("a finding that no change mentions is said to be that", async () => {
    const { page, complaints } = await scene.browser.open(`${await finishedRun("an unanswered one", 1)}?view=diff`);
    await page.getByText("Findings between them: 0 of 1 mentioned by a change").waitFor();
    await page.getByText("Not addressed, as far as words tell: no change mentions it.").waitFor();
    expect(complaints).toEqual([]);
  });

  test("with a single version there is nothing to compare, and that is said", async () => {
    const { page, complaints } = await scene.browser.open(`${await finishedRun("no refinement", 0)}?view=diff`);
    await page.getByText("The run ended with a single version: there is nothing to compare.").waitFor();
    expect(complaints).toEqual([]);
  });

  test("two texts of many thousand lines that differ in all are compared beside the page and shown in parts", async () => {
    const { page, complaints } = await scene.browser.open(`${await finishedRun("a huge one", 1)}?view=diff`);
    await page.getByRole("heading", { name: /^Change 1 of 1/ }).waitFor({ timeout: 25_000 });
    expect(await page.locator(".diff-toolbar .diff-totals").innerText()).toMatch(/\+12,000.*−12,000/s);
    expect(await page.locator(".diff-table tr").count()).toBeLessThan(1_500);
    await page.getByText("implementation 0 even line 0", { exact: true }).waitFor();
    await page.locator(".diff-change").evaluate((change) => change.scrollIntoView({ block: "end" }));
    await page.getByText(`refinement 1 odd line ${LINES - 1}`, { exact: true }).waitFor();
    expect(await page.locator(".diff-table tr").count()).toBeLessThan(1_500);
    expect(complaints).toEqual([]);
  });

  test("has no violation in either layout, and one on a phone", async () => {
    const { page } = await scene.browser.open(`${url}?view=diff`);
    await page.getByRole("heading", { name: /^Change 1 of 3/ }).waitFor();
    expect(await faultsEverywhere(page)).toEqual([]);
    expect(await page.getByRole("button", { name: "Side by side" }).count()).toBe(0);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("button", { name: "Side by side" }).click();
    await page.locator('[data-layout="split"]').first().waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeViolations(page)).toEqual([]);
    }
  });
});

/** The two versions that are compared, as the page names them. */
async function chosen(page: Page): Promise<string[]> {
  return page.locator(".diff-select option:checked").allTextContents();
}
