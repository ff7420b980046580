import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, moving } from "../support/browser.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { pagesPerTest } from "../support/pages.js";

describe.skipIf(chromiumMissing)(`honest states (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest({ maxConcurrentRuns: 1 });

  test("a retry tells what failed, which attempt of how many comes, and when", async () => {
    const { page } = await scene.browser.open(await scene.start());
    (await scene.model.next()).refuse(503, "too busy", { "retry-after": "5" });
    await page.getByText(/^attempt 1 failed · attempt 2 of at most 4 in \d/).waitFor();
    await page.getByRole("list", { name: "Errors in this step" }).getByText("too busy").waitFor();
    const second = await scene.model.next();
    second.write("The plan.");
    await page.getByText("The plan.").waitFor();
    await page.getByText(/^streaming · last token /).waitFor();
    expect(await page.getByText(/^attempt 1 failed/).count()).toBe(0);
  });

  test("a run that waits for its turn says so; thinking is told from writing", async () => {
    const first = await scene.start();
    const call = await scene.model.next();
    const { page } = await scene.browser.open(await scene.start("the second"));
    await page.locator(".pulse").getByText("queued, next in line: this server runs no more at once").waitFor();
    await page.goto(first);
    await page.getByText(/^waiting for the first token · /).waitFor();
    call.write("Let me see.", "reasoning");
    await page.getByText(/^thinking · 11 characters of reasoning/).waitFor();
    expect(await page.getByText("Let me see.").isVisible()).toBe(false);
    call.write("The plan.");
    await page.getByText(/^streaming/).waitFor();
  });

  test("without a connection the text stays, nothing seems to go on, and afterwards all of it is there", async () => {
    await using proxy = await startCuttingProxy(scene.server.url);
    const { page } = await scene.browser.open(proxy.url + new URL(await scene.start()).pathname);
    const call = await scene.model.next();
    call.write("Before the cut.\n\n");
    await page.getByText("Before the cut.").waitFor();
    await page.context().setOffline(true);
    proxy.cut();
    const pulse = page.locator(".pulse");
    await pulse.getByText(/^(this device is offline|connection lost) · try \d+/).waitFor();
    await pulse.getByText(/^shown as of #\d+, .* the run goes on without this page$/).waitFor();
    await pulse.getByRole("button", { name: "Retry now" }).waitFor();
    expect(await page.getByText("Before the cut.").isVisible()).toBe(true);
    expect(await page.locator(".facts").innerText()).not.toContain("tokens/s");
    expect(await moving(page)).toEqual([]);
    call.write("Written meanwhile.\n\n");
    await expect.poll(() => pulse.getByText(/try ([3-9]|\d\d)/).count()).toBe(1);

    await page.context().setOffline(false);
    await pulse.getByText(/^caught up: [\d,]+ events?, 0 missed$/).waitFor();
    await page.getByText("Written meanwhile.").waitFor();
  });
});
