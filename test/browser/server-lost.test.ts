import { webRoot } from "@stagewire/web";
import { describe, expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { setTimeout as delay } from "node:timers/promises";
import { CHROMIUM, chromiumMissing, moving, startBrowser } from "../support/browser.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { pagesPerTest } from "../support/pages.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { freePort, startServerProcess } from "../support/server-process.js";
import { temporaryFolder } from "../support/start-server.js";
import { plainClient } from "../support/trpc.js";

describe.skipIf(chromiumMissing)(
  `the page without its server (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`,
  () => {
    test("the server is killed with -9 in the middle and started again: the page recovers by itself", async () => {
      expect(webRoot).toBeTruthy();
      await using folder = await temporaryFolder();
      await using model = await startScriptedModel();
      await using browser = await startBrowser();
      const env = { OPENAI_BASE_URL: model.baseUrl, STAGEWIRE_MODEL: "test" };
      const options = { data: folder.path, port: await freePort(), env };
      await using first = await startServerProcess(options);
      const client = plainClient(first.url);
      const { runId } = await client.trpc.runs.start.mutate({ task: "a URL shortener" });
      await client[Symbol.asyncDispose]();

      const { page } = await browser.open(`${first.url}/runs/${runId}`);
      (await model.next()).write("The first attempt says this");
      await page.getByText("The first attempt says this").waitFor();
      await first.kill();
      await page
        .getByText(/reconnecting|connecting/i)
        .first()
        .waitFor();
      // What was read stays readable meanwhile.
      expect(await page.getByText("The first attempt says this").isVisible()).toBe(true);

      await using second = await startServerProcess(options);
      expect(second.url).toBe(first.url);
      const again = await model.next();
      again.write("The second attempt says that");
      await page.getByText("The second attempt says that").waitFor();
      expect(await page.getByText("The first attempt says this").isVisible()).toBe(false);
      model.answer((call) => (isReview(call) ? approvingReview(true) : "# The document"));
      again.end();
      await page.getByText("Finished").first().waitFor();
    }, 60_000);
  },
);

describe.skipIf(chromiumMissing)(
  `a device without a network (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`,
  () => {
    const scene = pagesPerTest();

    test("20 s offline: the text stays, the wait is told, the run goes on, and then nothing is missing", async () => {
      await using proxy = await startCuttingProxy(scene.server.url);
      const address = new URL(await scene.start()).pathname;
      const runId = address.split("/").at(-1) ?? "";
      const { page } = await scene.browser.open(proxy.url + address);
      const call = await scene.model.next();
      call.write("Before the cut.\n\n");
      await page.getByText("Before the cut.").waitFor();

      const pulse = page.locator(".pulse");
      await page.context().setOffline(true);
      // Offline emulation refuses what is new, and leaves the open WebSocket alone.
      proxy.cut();
      const back = delay(20_000);
      await pulse.getByText(/^this device is offline · try \d+ in \d+ s$/).waitFor();
      await pulse.getByText(/the run goes on without this page$/).waitFor();
      expect(await pulse.getAttribute("data-connected")).toBe("false");
      expect(await moving(page)).toEqual([]);

      // Meanwhile the run gets through two steps and half of a third one.
      call.write("Written meanwhile.\n\n");
      call.end();
      const implementation = await scene.model.next();
      implementation.write("The code.");
      implementation.end();
      const review = await scene.model.next();
      review.write("The review, while it is written.");
      await expect
        .poll(async () => (await scene.server.engine.get(runId)).steps.at(-1)?.output)
        .toBe("The review, while it is written.");
      await pulse.getByRole("button", { name: "Retry now" }).click();
      await back;
      await pulse.getByText(/^this device is offline · try \d+/).waitFor();
      expect(await page.getByText("Before the cut.").isVisible()).toBe(true);
      expect(await page.getByText("Written meanwhile.").count()).toBe(0);

      await page.context().setOffline(false);
      await pulse.getByText(/^caught up: [\d,]+ events?, 0 missed$/).waitFor();
      await page.getByText("The review, while it is written.").waitFor();
      await page.getByRole("button", { name: /^Architecture/ }).click();
      await page.getByText("Written meanwhile.").waitFor();
      expect(await page.getByText("Before the cut.").isVisible()).toBe(true);
    }, 90_000);

    test("a socket that is still open, and brings nothing, is told as offline until it does", async () => {
      await using proxy = await startCuttingProxy(scene.server.url);
      const { page } = await scene.browser.open(proxy.url + new URL(await scene.start()).pathname);
      const call = await scene.model.next();
      call.write("Before the silence.\n\n");
      await page.getByText("Before the silence.").waitFor();
      const pulse = page.locator(".pulse");

      await page.context().setOffline(true);
      proxy.mute();
      await pulse.getByText(/^this device is offline$/).waitFor();
      await pulse.getByText(/the run goes on without this page$/).waitFor();
      expect(await pulse.getAttribute("data-connected")).toBe("false");

      proxy.down();
      await page.context().setOffline(false);
      proxy.up();
      call.write("After it.");
      await page.getByText("After it.").waitFor();
      await pulse.getByText(/^connected$/).waitFor();
    });
  },
);
