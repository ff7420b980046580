import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { faultsEverywhere } from "../support/axe.js";
import { CHROMIUM, chromiumMissing } from "../support/browser.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { pagesPerTest } from "../support/pages.js";
import { answerOf, reach } from "../support/scene.js";

describe.skipIf(chromiumMissing)(
  `no accessibility fault in lists and after a run, in both colours and widths (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`,
  () => {
    const scene = pagesPerTest({ maxConcurrentRuns: 1 });

    const open = async (url: string): Promise<Page> => (await scene.browser.open(url)).page;

    test("the list, the form, addresses of nothing", { timeout: 120_000 }, async () => {
      await using proxy = await startCuttingProxy(scene.server.url);
      const page = await open(proxy.url);
      await page.getByText("No runs yet.").waitFor();
      await page.getByText("More options").click();
      await page.getByRole("checkbox", { name: "Documentation" }).waitFor();
      expect.soft(await faultsEverywhere(page), "the form and no runs").toEqual([]);
      await scene.start(`A task with a title that is long ${"and goes on ".repeat(20)}`);
      (await scene.model.next()).refuse(401, "wrong key");
      const path = new URL(await scene.start("one that goes on", { gates: ["implementation"] })).pathname;
      const call = await scene.model.next();
      await scene.start("one that waits");
      await page.goto(`${proxy.url}/runs`);
      await page.getByRole("row", { name: "one that goes on" }).waitFor();
      await page.getByRole("row", { name: "Failed" }).waitFor();
      expect.soft(await faultsEverywhere(page), "the list").toEqual([]);
      await page.getByLabel("Search titles and ids").fill("nothing like it");
      await page.getByText("No run is like that.").waitFor();
      expect.soft(await faultsEverywhere(page), "no match").toEqual([]);
      await page.context().setOffline(true);
      proxy.cut();
      await page.getByRole("button", { name: "Show all runs" }).click();
      expect.soft(await faultsEverywhere(page), "the list offline").toEqual([]);
      await page.context().setOffline(false);
      for (const nothing of ["/nowhere", "/runs/nosuchrun"]) {
        await page.goto(proxy.url + nothing);
        await page.getByRole("heading", { level: 1 }).waitFor();
        expect.soft(await faultsEverywhere(page), nothing).toEqual([]);
      }

      // A server that has lost the place where this page reads on.
      await page.routeWebSocket(/\/trpc/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((message) => server.send(message));
        server.onMessage((message) => {
          socket.send(message);
          const frame = String(message);
          if (!frame.includes('"text":"goes on"')) return;
          const { id } = JSON.parse(frame) as { id: number };
          const data = { code: "BAD_REQUEST", reason: "CURSOR_UNRECOVERABLE" };
          socket.send(JSON.stringify({ id, error: { message: "CURSOR_UNRECOVERABLE: gone", code: -32600, data } }));
        });
      });
      await page.goto(proxy.url + path);
      call.write("goes on");
      await page.getByText("What follows can't be shown.").waitFor();
      expect.soft(await faultsEverywhere(page), "cursor no longer served").toEqual([]);
    });

    test("failed, cancelled, finished, its views, its replay", { timeout: 120_000 }, async () => {
      const page = await open(await scene.start());
      const first = await scene.model.next();
      first.write("# Half of a plan");
      first.cut();
      (await scene.model.next()).refuse(401, "wrong key");
      await page.getByRole("heading", { name: "The run failed in Architecture" }).waitFor();
      await page.getByRole("button", { name: "Fork…" }).click();
      await page.getByLabel("Task of the new run").waitFor();
      expect.soft(await faultsEverywhere(page), "failed, and the form of a fork").toEqual([]);

      await page.goto(`${page.url()}?stage=architecture&iteration=0&attempt=1`);
      await page.getByText("What attempt 1 wrote is void").waitFor();
      expect.soft(await faultsEverywhere(page), "a void attempt, in the details").toEqual([]);

      const cancelled = await scene.start();
      await page.goto(cancelled);
      (await reach(scene.model, "implementation")).write("Half of it");
      await scene.client.control(new URL(cancelled).pathname.split("/").at(-1) ?? "", { type: "cancel", when: "now" });
      await page.getByRole("button", { name: "Continue as fork from Implementation" }).waitFor();
      expect.soft(await faultsEverywhere(page), "cancelled").toEqual([]);

      scene.model.answer(answerOf);
      const finished = await scene.start("build it", { maxRefinements: 1 });
      await page.goto(finished);
      await page.getByRole("heading", { name: /^Finished in / }).waitFor();
      expect.soft(await faultsEverywhere(page), "finished").toEqual([]);
      for (const [view, shown] of [
        ["diff", page.getByRole("heading", { name: /^Change 1 of/ })],
        ["events&event=2", page.getByRole("heading", { name: /^#2(–\d+)? stage_start$/ })],
        ["timeline", page.locator(".run-view > :not(.note)").first()],
      ] as const) {
        await page.goto(`${finished}?view=${view}`);
        await shown.waitFor();
        expect.soft(await faultsEverywhere(page), view).toEqual([]);
      }
      await page.goto(`${finished}?stage=review&iteration=1`);
      await page.getByRole("heading", { name: "Review 1", exact: true }).waitFor();
      expect.soft(await faultsEverywhere(page), "a verdict").toEqual([]);
      await page.goto(finished);
      const moment = page.getByRole("slider", { name: "Moment of the run that is shown" });
      await moment.focus();
      await moment.press("Home");
      await page.getByText("This is a replay.").waitFor();
      await page.getByText(/^Event #1, /).waitFor();
      expect.soft(await faultsEverywhere(page), "replay").toEqual([]);
    });
  },
);
