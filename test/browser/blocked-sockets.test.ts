import { webRoot } from "@stagewire/web";
import { describe, expect, test } from "vitest";
import { approvingReview, isReview } from "../support/answers.js";
import { startBlockingProxy } from "../support/blocking-proxy.js";
import { CHROMIUM, chromiumMissing, startBrowser } from "../support/browser.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startServer } from "../support/start-server.js";

describe.skipIf(chromiumMissing)(
  `the page behind a proxy that blocks WebSockets (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`,
  () => {
    test("shows a live run, steers it, says that it is on HTTP, and comes back after a drop", async () => {
      await using model = await startScriptedModel();
      await using server = await startServer({ webRoot, openaiBaseUrl: model.baseUrl, model: "some-model" });
      await using proxy = await startBlockingProxy(server.url, 502);
      await using browser = await startBrowser();
      const { runId } = await server.engine.start({ task: "a URL shortener" });
      const { page } = await browser.open(`${proxy.url}/runs/${runId}`);

      const pulse = page.getByLabel("Connection and progress");
      await pulse
        .getByText("WebSocket is blocked here (it could not be opened): streaming over HTTP instead")
        .waitFor();
      const call = await model.next();
      call.write("# The plan\n\nFirst words.");
      await page.getByText("First words.").waitFor();

      proxy.cutRequests();
      call.write(" And more.");
      await page.getByText("First words. And more.").waitFor();
      await pulse.getByText(/^caught up: \d+ events?, 0 missed$/).waitFor();

      await page.getByRole("button", { name: "Pause", exact: true }).click();
      await page.getByText("Finishing the current call first").waitFor();
      model.answer((next) => (isReview(next) ? approvingReview(true) : "# Done"));
      call.end();
      await page.getByText("Paused").first().waitFor();
      await page
        .getByRole("button", { name: /^Resume/ })
        .first()
        .click();
      await page.getByText("Finished").first().waitFor();
      expect(proxy.requests.some((line) => line.includes("/trpc/runs.events"))).toBe(true);
    });
  },
);
