import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing } from "../support/browser.js";
import { pagesPerFile } from "../support/pages.js";

describe.skipIf(chromiumMissing)(`keys and palette (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerFile();

  test("? opens the sheet, Esc closes it, and the focus is back where it was", async () => {
    const { page, complaints } = await scene.browser.open(scene.server.url);
    await page.getByRole("link", { name: "Runs", exact: true }).focus();
    await page.keyboard.press("?");
    await sheet(page).waitFor();
    expect(await sheet(page).getByRole("button", { name: "Start a run" }).isVisible()).toBe(true);
    await page.keyboard.press("Shift+Tab");
    expect(await page.evaluate(() => document.activeElement?.closest("dialog") !== null)).toBe(true);
    await page.keyboard.press("Escape");
    await sheet(page).waitFor({ state: "hidden" });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Runs");
    await page.keyboard.press("?");
    await sheet(page).getByRole("button", { name: "Go to the list of runs" }).click();
    await page.waitForURL(`${scene.server.url}/runs`);
    expect(complaints).toEqual([]);
  });

  test("keys are off in fields and dialogs, and Ctrl C stays the browser's", async () => {
    const { page } = await scene.browser.open(scene.server.url);
    const field = page.getByRole("textbox").first();
    await field.focus();
    await page.keyboard.type("n?t");
    expect(await field.inputValue()).toBe("n?t");
    expect(new URL(page.url()).pathname).toBe("/");
    await page.getByRole("link", { name: "Runs", exact: true }).focus();
    await page.keyboard.press("?");
    await sheet(page).waitFor();
    await page.keyboard.press("t");
    expect(await themeOf(page)).toBeUndefined();
    await page.keyboard.press("Escape");
    const prevented = await page.evaluate(() => {
      const event = new KeyboardEvent("keydown", {
        key: "c",
        code: "KeyC",
        ctrlKey: true,
        cancelable: true,
        bubbles: true,
      });
      return !document.body.dispatchEvent(event);
    });
    expect(prevented).toBe(false);
  });

  test("t goes through the themes, and a reload shows the chosen one before the page's own script runs", async () => {
    const { page } = await scene.browser.open(scene.server.url, { colorScheme: "light" });
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.keyboard.press("t");
    expect(await themeOf(page)).toBe("light");
    expect(await background()).toBe(light);
    await page.keyboard.press("t");
    expect(await themeOf(page)).toBe("dark");
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.route("**/assets/*.js", (route) => route.abort());
    await page.reload();
    expect(await background()).toBe(dark);
    await page.unroute("**/assets/*.js");
    await page.reload();
    await page.getByRole("button", { name: "Theme: dark" }).click();
    expect(await themeOf(page)).toBeUndefined();
    expect(await background()).toBe(light);
  });

  test("z shows the times in UTC, also in another tab", async () => {
    const { runId } = await scene.client.trpc.runs.start.mutate({ task: "a run with a time" });
    await scene.model.next();
    const { page } = await scene.browser.open(scene.server.url, { timezoneId: "Asia/Tokyo" });
    const { page: other } = await scene.browser.open(scene.server.url, { timezoneId: "Asia/Tokyo" });
    const second = await page.context().newPage();
    await second.goto(scene.server.url);
    const times = (tab: Page) => tab.locator("main time").first().textContent();
    await expect.poll(() => times(second)).toMatch(/\d\d:\d\d/);
    expect(await times(page)).not.toContain("UTC");
    await page.keyboard.press("z");
    await expect.poll(() => times(page)).toContain("UTC");
    await expect.poll(() => times(second)).toContain("UTC");
    expect(await times(other)).not.toContain("UTC");
    await scene.client.control(runId, { type: "cancel", when: "now" });
  });

  test("the palette does what is offered and goes to a run by its title or its id", async () => {
    const { runId } = await scene.client.trpc.runs.start.mutate({ task: "a very special shortener" });
    await scene.model.next();
    const { page, complaints } = await scene.browser.open(scene.server.url);
    await page.getByText("a very special shortener").waitFor();
    await type(page, "special");
    const found = palette(page).getByRole("option", { name: "a very special shortener" });
    await found.waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`${scene.server.url}/runs/${runId}`);
    expect(await palette(page).count()).toBe(0);

    await type(page, "list of runs");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${scene.server.url}/runs`);
    await type(page, "nowhere at all");
    await palette(page).getByRole("option", { name: "Search all runs for “nowhere at all”" }).click();
    await expect.poll(() => new URL(page.url()).search).toBe("?q=nowhere%20at%20all");
    await type(page, "abcdefghij12");
    await palette(page).getByRole("option", { name: "Open the run with the id abcdefghij12" }).click();
    await page.getByRole("heading", { name: "No run abcdefghij12" }).waitFor();
    await scene.client.control(runId, { type: "cancel", when: "now" });
    expect(complaints).toEqual([]);
  });

  test("each view of a run has its key, and the one that is shown says so", async () => {
    const { runId } = await scene.client.trpc.runs.start.mutate({ task: "build it" });
    (await scene.model.next()).write("The plan.");
    const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/${runId}`);
    await page.getByText("The plan.").waitFor();
    for (const [key, view] of [
      ["d", "Diff"],
      ["l", "Timeline"],
      ["e", "Events"],
      ["w", "Text"],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator(".view-tab[aria-current]", { hasText: view }).waitFor();
      expect(new URL(page.url()).searchParams.get("view")).toBe(view === "Text" ? null : view.toLowerCase());
    }
    await page.keyboard.press("w");
    await page.getByText("Show the written text: not now, it is shown already").waitFor();
    await scene.client.control(runId, { type: "cancel", when: "now" });
    expect(complaints).toEqual([]);
  });

  test("what is typed while a part loads goes into its field, and steers nothing", async () => {
    const { runId } = await scene.client.trpc.runs.start.mutate({ task: "build it" });
    const call = await scene.model.next();
    for (const [keys, chunk, field] of [
      ["/", "find-bar", "Find"],
      ["Control+k", "palette", "Command palette"],
    ] as const) {
      // Held up from the beginning: the page fetches it by itself when it has nothing else to do.
      const { page, complaints } = await scene.browser.open(`${scene.server.url}/healthz`);
      let arrive = (): void => {};
      const kept = new Promise<void>((resolve) => (arrive = resolve));
      await page.route(`**/${chunk}-*.js`, async (route) => {
        await kept;
        await route.continue();
      });
      const asked = page.waitForRequest(`**/${chunk}-*.js`);
      await page.goto(`${scene.server.url}/runs/${runId}`);
      await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
      await page.keyboard.press(keys);
      await asked;
      await page.keyboard.type("xx pen");
      arrive();
      const input = page.getByLabel(field, { exact: true }).and(page.locator("input"));
      await expect.poll(() => input.inputValue()).toBe("xx pen");
      await page.keyboard.type("s");
      await expect.poll(() => input.inputValue()).toBe("xx pens");
      await page.keyboard.press("Escape");
      await input.waitFor({ state: "detached" });
      // The keys are the page's again.
      await page.keyboard.press("l");
      await page.waitForURL(/view=timeline/);
      expect(complaints).toEqual([]);
    }
    expect((await scene.server.engine.get(runId)).controls).toEqual([]);
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await call.closed;
  });

  test("find and the palette are fetched before they are asked for, and then open at once", async () => {
    const { runId } = await scene.client.trpc.runs.start.mutate({ task: "build it" });
    const call = await scene.model.next();
    const { page, complaints } = await scene.browser.open(`${scene.server.url}/healthz`);
    const fetched = ["find-bar", "palette", "shortcut-sheet"].map((chunk) => page.waitForResponse(`**/${chunk}-*.js`));
    await page.goto(`${scene.server.url}/runs/${runId}`);
    // Read as well, and their styles with them.
    for (const response of await Promise.all(fetched)) {
      await page.evaluate(`import(${JSON.stringify(response.url())}).then(() => undefined)`);
    }
    await page.waitForFunction(() =>
      [...document.querySelectorAll("link[rel=stylesheet]")].every((link) => "sheet" in link && link.sheet),
    );
    for (const [key, shown] of [
      ["/", '[role="search"] input'],
      ["k", "dialog input"],
      ["?", "dialog"],
    ] as const) {
      // What has to wait for a module is not there when the key's event is over.
      const opens = await page.evaluate(
        async ([pressed, selector]) => {
          const init = { key: pressed, ctrlKey: pressed === "k", bubbles: true, cancelable: true };
          document.body.dispatchEvent(new KeyboardEvent("keydown", init));
          await Promise.resolve();
          return document.querySelector(selector) !== null;
        },
        [key, shown] as const,
      );
      expect([key, opens]).toEqual([key, true]);
      await page.keyboard.press("Escape");
      await page.locator(shown).waitFor({ state: "detached" });
    }
    expect(complaints).toEqual([]);
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await call.closed;
  });

  test("g r goes to the runs, n to a new one", async () => {
    const { page } = await scene.browser.open(`${scene.server.url}/runs/nosuchrun`);
    await page.getByRole("heading", { name: "No run nosuchrun" }).waitFor();
    await page.keyboard.press("g");
    await page.getByText("g r: Go to the list of runs").waitFor();
    await page.keyboard.press("r");
    await page.waitForURL(`${scene.server.url}/runs`);
    await page.keyboard.press("n");
    await page.getByRole("heading", { name: "New run" }).waitFor();
    expect(page.url()).toBe(`${scene.server.url}/runs/new`);
    await page.keyboard.type("nothing but text");
    await expect.poll(() => page.getByLabel("What should be built?").inputValue()).toBe("nothing but text");
  });
});

function sheet(page: Page) {
  return page.getByRole("dialog", { name: "Keys" });
}

function palette(page: Page) {
  return page.getByRole("dialog", { name: "Command palette" });
}

/** Opens the palette and types, without the mouse. */
async function type(page: Page, text: string): Promise<void> {
  await page.keyboard.press("Control+k");
  await palette(page).getByRole("combobox").waitFor();
  await page.keyboard.type(text);
}

function themeOf(page: Page): Promise<string | undefined> {
  return page.evaluate(() => document.documentElement.dataset["theme"]);
}
