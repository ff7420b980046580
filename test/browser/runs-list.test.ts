import { webRoot } from "@stagewire/web";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "../support/axe.js";
import { CHROMIUM, chromiumMissing, sidewaysScroll, startBrowser, type TestBrowser } from "../support/browser.js";
import { seedRuns } from "../support/many-runs.js";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { type PlainClient, plainClient } from "../support/trpc.js";

const COUNT = 10_000;

describe.skipIf(chromiumMissing)(`the list of runs (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let model: ScriptedModel;
  let server: Awaited<ReturnType<typeof startServer>>;
  let client: PlainClient;
  let browser: TestBrowser;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await seedRuns(folder.path, COUNT, Date.now());
    model = await startScriptedModel();
    server = await startServer({ webRoot, data: folder.path, openaiBaseUrl: model.baseUrl, model: "some-model" });
    client = plainClient(server.url);
    browser = await startBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
    await server.close();
    await model[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("shows the newest of 10,000 runs, and older ones as the reader scrolls", async () => {
    const { page, complaints } = await browser.open(`${server.url}/runs`);
    await row(page, "Task 9999:").waitFor();
    expect(await page.getByText("The newest 200 runs").count()).toBe(1);
    expect(await page.getByRole("row").count()).toBeLessThan(60);
    for (let round = 0; round < 3; round++) {
      const before = await shownRuns(page);
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
      await expect.poll(() => shownRuns(page)).toBeGreaterThan(before);
    }
    expect(await page.getByRole("row").count()).toBeLessThan(60);
    expect(complaints).toEqual([]);
  });

  test("search, status and order are in the address, and a reload or another tab shows the same", async () => {
    const { page, complaints } = await browser.open(`${server.url}/runs`);
    await row(page, "Task 9999:").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("URL Task");
    await page.getByText(/^\d+ runs of the newest [\d,]+$/).waitFor();
    await page.getByLabel("Status").selectOption("Failed");
    await expect.poll(() => new URL(page.url()).search).toBe("?q=URL+Task&status=failed");
    // Every run is needed to know the cheapest.
    await page.getByRole("button", { name: "Cost" }).click();
    await page.getByRole("button", { name: "Cost" }).click();
    await page.getByText("333 of 10,000 runs").waitFor();
    await expect.poll(() => page.getByRole("row").nth(1).textContent()).toContain("Task 18: a URL shortener");
    const first = await page.getByRole("row").nth(1).textContent();
    expect(await page.getByRole("columnheader", { name: "Cost" }).getAttribute("aria-sort")).toBe("ascending");
    const { page: other } = await browser.open(page.url());
    await other.getByText("333 of 10,000 runs").waitFor();
    await expect.poll(() => other.getByRole("row").nth(1).textContent()).toBe(first);
    await page.reload();
    await page.getByText("333 of 10,000 runs").waitFor();
    await expect.poll(() => page.getByRole("row").nth(1).textContent()).toBe(first);
    expect(await page.getByLabel("Search titles and ids").inputValue()).toBe("URL Task");
    expect(complaints).toEqual([]);
  }, 60_000);

  test("the oldest run is found by its title and by its id, and nothing found says so", async () => {
    const { page } = await browser.open(`${server.url}/runs?q=4321%3A+rate`);
    await row(page, "Task 4321:").waitFor();
    await page.getByText("1 of 10,000 runs").waitFor();
    await page.getByLabel("Search titles and ids").fill("seeded0");
    await row(page, "Task 0:").waitFor();
    await page.getByLabel("Search titles and ids").fill("no such thing");
    await page.getByText("No run is like that.").waitFor();
    await page.getByRole("button", { name: "Show all runs" }).click();
    await row(page, "Task 9999:").waitFor();
    expect(new URL(page.url()).search).toBe("");
  });

  test("j and k go from run to run, the focused one stays in the page, and Enter opens it", async () => {
    const { page, complaints } = await browser.open(`${server.url}/runs`);
    await row(page, "Task 9999:").waitFor();
    await page.keyboard.press("j");
    await expect.poll(() => focusedTitle(page)).toMatch(/^Task 9999:/);
    await page.keyboard.press("k");
    await page.getByText("Previous run: not now, this is the first run").waitFor();
    for (let step = 1; step <= 30; step++) {
      await page.keyboard.press("j");
      await expect.poll(() => focusedTitle(page)).toMatch(new RegExp(`^Task ${9999 - step}:`));
    }
    await page.evaluate(() => window.scrollTo(0, 6_000));
    await row(page, "Task 9890:").waitFor();
    expect(await focusedTitle(page)).toMatch(/^Task 9969:/);
    await page.keyboard.press("k");
    await expect.poll(() => focusedTitle(page)).toMatch(/^Task 9970:/);
    expect(await isInSight(page, "Task 9970:")).toBe(true);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${server.url}/runs/seeded9970`);
    expect(complaints).toEqual([]);
  });

  test("who comes back, or reloads, finds the list where it was left; a link leads to the top of its page", async () => {
    const { page } = await browser.open(`${server.url}/runs`);
    await row(page, "Task 9999:").waitFor();
    // Past the first page of runs, which is all that is there at first.
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    // One page more, or two where the next was asked for before the first was drawn.
    await page.getByText(/^The newest [46]00 runs$/).waitFor();
    await page.evaluate(() => window.scrollTo(0, 15_000));
    await expect.poll(() => page.evaluate(() => history.state?.listTop)).toBe(15_000);
    await page.reload();
    await expect.poll(() => scrollTop(page)).toBe(15_000);
    await page.goto(`${server.url}/runs/new`);
    await page.goBack();
    await expect.poll(() => scrollTop(page)).toBe(15_000);
    // The skip link makes a step of the history within its page.
    await page.evaluate(() => document.querySelector<HTMLElement>(".skip-link")?.click());
    await page.evaluate(() => window.scrollTo(0, 3_000));
    await page.evaluate(() => document.querySelector<HTMLElement>(".brand")?.click());
    await page.getByRole("button", { name: "Start" }).waitFor();
    expect(await scrollTop(page)).toBe(0);
  });

  test("new runs come in at the top, change live, and move neither the reader nor the focus", async () => {
    const { page, complaints } = await browser.open(`${server.url}/runs`);
    await row(page, "Task 9999:").waitFor();
    const reading = await browser.open(`${server.url}/runs`);
    await row(reading.page, "Task 9999:").waitFor();
    await reading.page.evaluate(() => window.scrollTo(0, 3_000));
    await row(reading.page, "Task 9955:").waitFor();
    await reading.page.getByRole("link", { name: "Task 9955:" }).focus();
    const place = () =>
      reading.page
        .getByRole("row", { name: "Task 9955:" })
        .boundingBox()
        .then((box) => box?.y);
    const before = await place();

    const { runId } = await client.trpc.runs.start.mutate({ task: "one that is new" });
    const call = await model.next();
    call.write("Some text.");
    await page.getByRole("row", { name: /Running.*one that is new.*architecture/ }).waitFor();
    const phone = await browser.open(`${server.url}/runs`, { viewport: { width: 375, height: 740 } });
    const progress = phone.page.getByRole("row", { name: /Running.*one that is new/ }).getByRole("progressbar");
    await expect.poll(async () => (await progress.boundingBox())?.width).toBeGreaterThan(60);
    // What the other page was told of, this one was too: the count comes from the same feed.
    await reading.page.getByText("The newest 201 runs").waitFor();
    expect(await place()).toBe(before);
    expect(await focusedTitle(reading.page)).toMatch(/^Task 9955:/);
    await client.control(runId, { type: "cancel", when: "now" });
    await page.getByRole("row", { name: /Cancelled.*one that is new/ }).waitFor();
    expect([...complaints, ...reading.complaints]).toEqual([]);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`nothing is wrong by axe, ${colorScheme}, at 1280 and 375 px; nothing scrolls sideways at 360 px`, async () => {
      for (const width of [1280, 375]) {
        const { page } = await browser.open(`${server.url}/runs`, { colorScheme, viewport: { width, height: 800 } });
        await row(page, "Task 9999:").waitFor();
        expect(await axeViolations(page)).toEqual([]);
        await page.getByLabel("Search titles and ids").fill("nothing like it");
        await page.getByText("No run is like that.").waitFor();
        expect(await axeViolations(page)).toEqual([]);
      }
      const { page } = await browser.open(`${server.url}/runs`, { colorScheme, viewport: { width: 360, height: 640 } });
      await row(page, "Task 9999:").waitFor();
      expect(await sidewaysScroll(page)).toBe(0);
    }, 90_000);
  }
});

describe.skipIf(chromiumMissing)(`a list without runs (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  test("shows three examples, each of which fills in the form", async () => {
    await using model = await startScriptedModel();
    await using server = await startServer({ webRoot, openaiBaseUrl: model.baseUrl, model: "some-model" });
    await using browser = await startBrowser();
    for (const [colorScheme, width] of [
      ["light", 1280],
      ["dark", 375],
    ] as const) {
      const { page, complaints } = await browser.open(`${server.url}/runs`, {
        colorScheme,
        viewport: { width, height: 800 },
      });
      await page.getByText("No runs yet.").waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await page.getByRole("link", { name: /^A rate limiter/ }).click();
      await expect.poll(() => page.getByLabel("What should be built?").inputValue()).toContain("token bucket");
      expect(complaints).toEqual([]);
    }
  });
});

function row(page: Page, title: string) {
  return page.getByRole("row", { name: title });
}

/** How many runs the page says that it holds. */
async function shownRuns(page: Page): Promise<number> {
  const text = await page.getByText(/^The newest [\d,]+ runs$/).textContent();
  return Number(text?.replace(/\D/g, ""));
}

function scrollTop(page: Page): Promise<number> {
  return page.evaluate(() => window.scrollY);
}

function focusedTitle(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.textContent);
}

async function isInSight(page: Page, title: string): Promise<boolean> {
  const box = await row(page, title).boundingBox();
  return box !== null && box.y >= 0 && box.y + box.height <= 800;
}
