import { existsSync } from "node:fs";
import { join } from "node:path";
import { webRoot } from "@stagewire/web";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AimockAnswer, type AimockProcess, startAimock } from "../support/aimock-process.js";
import { approvingReview } from "../support/answers.js";
import { CHROMIUM, chromiumMissing, sidewaysScroll, startBrowser, type TestBrowser } from "../support/browser.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { startServer } from "../support/start-server.js";

const WIDE_CODE = `\`\`\`ts\nconst wide = "${"wide ".repeat(60)}";\n\`\`\`\n\n`;
const WIDE_TABLE = `| ${"a column | ".repeat(12)}\n|${"---|".repeat(12)}\n| ${"`some_long_name` | ".repeat(12)}\n\n`;

/** Longer than any test waits: it only ends by being skipped or cancelled. */
function endless(name: string): string {
  const lines = Array.from({ length: 4_000 }, (_, index) => `${name} line ${index}.\n\n`);
  return WIDE_CODE + WIDE_TABLE + lines.join("");
}

const SLOW = { chunkSize: 12, streamingProfile: { tps: 150 } };
const FAST = { chunkSize: 200, streamingProfile: { tps: 1_000 } };

/** A task that says "slowly" never leaves its first stage by itself; every other one never leaves a refinement. */
const ANSWERS: AimockAnswer[] = [
  { when: { user: "slowly" }, response: { content: endless("slow") }, ...SLOW },
  { when: { system: "You are the reviewer" }, response: { content: approvingReview(false) }, ...FAST },
  { when: { system: "This is refinement" }, response: { content: endless("refined") }, ...SLOW },
  {
    when: { system: "You are the software architect" },
    response: { content: "# The plan\n\nDone <b>raw</b>." },
    ...FAST,
  },
  { when: { system: "implements" }, response: { content: "The code." }, ...FAST },
  { when: { system: "documents" }, response: { content: "# The document\n\nThe end." }, ...FAST },
];

describe.skipIf(chromiumMissing)(`the web app (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  let aimock: AimockProcess;
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: TestBrowser;

  beforeAll(async () => {
    if (!existsSync(join(webRoot, "index.html")))
      throw new Error(`nothing is built in ${webRoot}: run npm run build first`);
    aimock = await startAimock(ANSWERS);
    server = await startServer({ webRoot, openaiBaseUrl: aimock.baseUrl, model: "some-model" });
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await server.close();
    await aimock[Symbol.asyncDispose]();
  });

  test("a task is started, watched, skipped and finished", async () => {
    const { page, complaints } = await browser.open(server.url);
    await page.getByRole("button", { name: "A URL shortener" }).click();
    await page.getByLabel("What should be built?").press("Control+Enter");
    await page.waitForURL(/\/runs\/./);

    await showsStep(page, "Refinement 1");
    const early = await textLength(page);
    await expect.poll(() => textLength(page)).toBeGreaterThan(early);
    expect(await page.title()).toMatch(/^4\/10 refinement · \d\d:\d\d · stagewire$/);

    await page.getByRole("button", { name: "Skip iteration" }).click();
    await showsStep(page, "Refinement 2");
    await note(page, /^acknowledged at #\d+$/);
    expect(await railNote(page, "Refinement 1")).toMatch(/^Skipped by someone at this server, \d/);

    await page.getByRole("button", { name: "More ways to skip" }).click();
    await page.getByRole("button", { name: "Skip all refinement" }).click();
    await chip(page, "Finished");
    await note(page, /^acknowledged at #\d+ · the run has ended$/);
    expect(await railNote(page, "Refinement 3")).toMatch(/^Skipped by someone at this server, \d/);
    expect(await railNote(page, "Documentation")).toContain("Finished");
    await page.getByRole("heading", { name: "The document" }).waitFor();
    await page.locator(".pulse").getByText("finished in ").waitFor();
    expect(await page.getByRole("button", { name: "Skip iteration" }).isDisabled()).toBe(true);
    expect(await page.getByRole("button", { name: "Cancel run" }).count()).toBe(0);

    await page.getByRole("button", { name: /^Architecture/ }).click();
    await page.getByText("Done <b>raw</b>.").waitFor();
    await page.getByRole("button", { name: /^Review (?!\d)/ }).click();
    await page.getByText("Verdict: not approved").waitFor();
    await page.getByText("No input check").waitFor();
    expect(complaints).toEqual([]);
  });

  test("a run is cancelled in the middle, keeps what was written, and the list says so", async () => {
    const { page, complaints } = await browser.open(await startRun("slowly, to be cancelled"));
    await line(page, 3);
    await page.getByRole("button", { name: "Cancel run" }).click();
    await chip(page, "Cancelled");
    await page.getByText(/^cancelled by someone at this server after \d\d:\d\d$/).waitFor();
    await line(page, 3);
    expect(await railNote(page, "Documentation")).toBe("Not reached");

    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await page.getByRole("row", { name: /Cancelled\s*slowly, to be cancelled/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("a reload and a second tab show the same text, and a choice of step survives", async () => {
    const url = await startRun("slowly, in two tabs");
    const first = await browser.open(url);
    await line(first.page, 5);
    await first.page.reload();
    const second = await browser.open(url);
    await line(second.page, 9);
    await second.page.getByRole("button", { name: "Cancel run" }).click();
    await chip(first.page, "Cancelled");
    await chip(second.page, "Cancelled");
    await expect.poll(() => transcript(second.page)).toBe(await transcript(first.page));

    await first.page.getByRole("button", { name: /^Implementation/ }).click();
    await first.page.reload();
    await first.page.getByText("The run ended before this step.").waitFor();
    expect([...first.complaints, ...second.complaints]).toEqual([]);
  });

  test("a reader who scrolls up is left alone until Live is pressed", async () => {
    const { page, complaints } = await browser.open(await startRun("slowly, to be read"));
    await line(page, 40);
    await expect.poll(() => distanceToEnd(page)).toBe(0);

    await page.mouse.move(700, 400);
    await page.mouse.wheel(0, -600);
    await page.getByRole("button", { name: /^Live, \d+ new lines$/ }).waitFor();
    await expect.poll(() => distanceToEnd(page)).toBeGreaterThan(300);
    const place = await page.locator(".transcript").evaluate((box) => box.scrollTop);
    const length = await textLength(page);
    await expect.poll(() => textLength(page)).toBeGreaterThan(length + 500);
    expect(await page.locator(".transcript").evaluate((box) => box.scrollTop)).toBe(place);

    await page.getByRole("button", { name: "Live" }).press("Enter");
    await expect.poll(() => distanceToEnd(page)).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("transcript");
    await page.getByRole("button", { name: "Cancel run" }).click();
    await chip(page, "Cancelled");
    expect(complaints).toEqual([]);
  });

  test("a lost connection is shown, and nothing is missing afterwards", async () => {
    await using proxy = await startCuttingProxy(server.url);
    const url = await startRun("slowly, over a bad line");
    const { page } = await browser.open(proxy.url + new URL(url).pathname);
    await line(page, 3);
    proxy.cut();
    await page.getByText(/^caught up: [\d,]+ events?, 0 missed$/).waitFor();
    await page.getByRole("button", { name: "Cancel run" }).click();
    await chip(page, "Cancelled");
    const { page: other } = await browser.open(url);
    await chip(other, "Cancelled");
    // The text may come a moment after the chip: React renders it when nothing more urgent is left.
    await expect.poll(() => transcript(other)).toBe(await transcript(page));
  });

  test("nothing scrolls sideways on a phone, and every button is large enough for a finger", async () => {
    const phone = { viewport: { width: 360, height: 640 } };
    const { page, complaints } = await browser.open(await startRun("slowly, on a phone"), phone);
    await line(page, 3);
    expect(await sidewaysScroll(page)).toBe(0);
    expect(await lowestButton(page)).toBeGreaterThanOrEqual(24);
    expect(await inWindow(page, "button.danger:visible")).toBe(true);
    await page.getByRole("button", { name: "Cancel run" }).click();
    await chip(page, "Cancelled");
    expect(await sidewaysScroll(page)).toBe(0);

    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await page.getByRole("link", { name: /on a phone/ }).waitFor();
    expect(await sidewaysScroll(page)).toBe(0);
    expect(await lowestButton(page)).toBeGreaterThanOrEqual(24);
    expect(complaints).toEqual([]);
  });

  test("an unknown run is named, with the way back", async () => {
    const { page } = await browser.open(`${server.url}/runs/nosuchrun`);
    await page.getByRole("heading", { name: "No run nosuchrun" }).waitFor();
    await page.getByRole("link", { name: "Back to all runs" }).click();
    await page.getByRole("heading", { name: "Runs" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/runs");
  });

  test("an empty task is refused in words", async () => {
    const { page } = await browser.open(server.url);
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("Say what should be built first.").waitFor();
    expect(new URL(page.url()).pathname).toBe("/");
  });

  async function startRun(task: string): Promise<string> {
    const { runId } = await server.engine.start({ task });
    return `${server.url}/runs/${runId}`;
  }
});

/** Waits until the slow answer's n-th line is on the page. */
async function line(page: Page, n: number): Promise<void> {
  await page.getByText(`slow line ${n}.`, { exact: true }).waitFor();
}

async function showsStep(page: Page, title: string): Promise<void> {
  await page.locator("#step-title", { hasText: title }).waitFor();
}

/** Waits until the run's own chip, not that of a step, has this word. */
async function chip(page: Page, word: string): Promise<void> {
  await page.locator(".run-heading .chip", { hasText: word }).waitFor();
}

async function note(page: Page, text: RegExp): Promise<void> {
  await page.locator(".control-note", { hasText: text }).first().waitFor();
}

function railNote(page: Page, title: string): Promise<string> {
  return page
    .getByRole("button", { name: new RegExp(`^${title}`) })
    .locator(".rail-note")
    .innerText();
}

async function transcript(page: Page): Promise<string | null> {
  // Not the inner text: what is out of sight is not laid out.
  return page.locator(".prose").textContent();
}

async function textLength(page: Page): Promise<number> {
  return (await page.locator(".prose").allTextContents()).join("").length;
}

/** How far the text could still be scrolled down, in pixels. */
function distanceToEnd(page: Page): Promise<number> {
  return page
    .locator(".transcript")
    .evaluate(({ scrollHeight, clientHeight, scrollTop }) =>
      Math.round(Math.max(0, scrollHeight - clientHeight - scrollTop - 1)),
    );
}

/** The height in pixels of the lowest button on the page that can be seen. */
function lowestButton(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.min(
      ...[...document.querySelectorAll("button")]
        .filter((button) => button.checkVisibility())
        .map((button) => button.offsetHeight),
    ),
  );
}

/** True when the whole element can be seen without scrolling. */
function inWindow(page: Page, selector: string): Promise<boolean> {
  return page.locator(selector).evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= window.innerHeight;
  });
}
