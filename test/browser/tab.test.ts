import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing } from "../support/browser.js";
import { pagesPerFile } from "../support/pages.js";

describe.skipIf(chromiumMissing)(`the browser's tab (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerFile();

  test("title and icon tell the run's state, and other pages have their own again", async () => {
    const { runId } = await scene.client.trpc.runs.start.mutate({ task: "a URL shortener" });
    const call = await scene.model.next();
    const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/${runId}`);
    await expect.poll(() => page.title()).toMatch(/^1\/\d+ architecture · \d\d:\d\d/);
    await expect.poll(() => icon(page)).toBe("/favicon-running.svg");
    await scene.client.control(runId, { type: "pause" });
    call.end();
    await expect.poll(() => icon(page)).toBe("/favicon-paused.svg");
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await expect.poll(() => icon(page)).toBe("/favicon-cancelled.svg");
    await expect.poll(() => page.title()).toMatch(/^Cancelled · \d\d:\d\d/);
    for (const state of ["queued", "running", "paused", "completed", "cancelled", "failed"]) {
      const answer = await fetch(`${scene.server.url}/favicon-${state}.svg`);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);
    }
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await expect.poll(() => icon(page)).toBe("/favicon.svg");
    expect(complaints).toEqual([]);
  });

  test("the bell asks the browser on its press alone, and a notification comes when the run ends", async () => {
    const { runId } = await scene.client.trpc.runs.start.mutate({ task: "one to wait for" });
    await scene.model.next();
    const { page } = await openWith("granted", `/runs/${runId}`);
    const bell = page.getByRole("button", { name: "Notify me when the run ends" });
    await bell.waitFor();
    expect(await noted(page)).toEqual({ asked: 0, notices: [] });
    await bell.click();
    await expect.poll(() => bell.getAttribute("aria-pressed")).toBe("true");
    expect(await noted(page)).toEqual({ asked: 1, notices: [] });
    await page.reload();
    await expect.poll(() => bell.getAttribute("aria-pressed")).toBe("true");
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await bell.waitFor({ state: "detached" });
    const { asked, notices } = await noted(page);
    expect(asked).toBe(0);
    expect(notices).toEqual([expect.stringMatching(/^Cancelled after .+: one to wait for$/)]);
  });

  test("a browser that refuses is not asked again, and the bell says why", async () => {
    const { runId } = await scene.client.trpc.runs.start.mutate({ task: "one nobody waits for" });
    await scene.model.next();
    const { page } = await openWith("denied", `/runs/${runId}`);
    const bell = page.getByRole("button", { name: "Notify me when the run ends" });
    await bell.click();
    await expect.poll(() => bell.isDisabled()).toBe(true);
    expect(await bell.getAttribute("title")).toBe("the browser refuses notifications of this page");
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await bell.waitFor({ state: "detached" });
    expect(await noted(page)).toEqual({ asked: 1, notices: [] });
  });

  /** A tab whose browser answers the question for notifications with `answer`, and shows none. */
  async function openWith(answer: NotificationPermission, path: string) {
    const opened = await scene.browser.open(`${scene.server.url}/runs/nosuchrun`);
    await opened.page.addInitScript((given) => {
      const key = "test-permission";
      const notices: string[] = [];
      const state = { asked: 0, notices };
      class Recorded extends EventTarget {
        static get permission(): string {
          return sessionStorage.getItem(key) ?? "default";
        }
        static requestPermission(): Promise<string> {
          state.asked++;
          sessionStorage.setItem(key, given);
          return Promise.resolve(given);
        }
        constructor(title: string, { body }: { body: string }) {
          super();
          notices.push(`${title}: ${body}`);
        }
      }
      Object.assign(globalThis, { Notification: Recorded, noted: state });
    }, answer);
    await opened.page.goto(scene.server.url + path);
    return opened;
  }
});

function icon(page: Page): Promise<string | null> {
  return page.locator("link[rel=icon]").getAttribute("href");
}

function noted(page: Page): Promise<{ asked: number; notices: string[] }> {
  return page.evaluate(() => (globalThis as unknown as { noted: { asked: number; notices: string[] } }).noted);
}
