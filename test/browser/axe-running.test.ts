import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { faultsEverywhere } from "../support/axe.js";
import { CHROMIUM, chromiumMissing } from "../support/browser.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { pagesPerTest } from "../support/pages.js";
import { reach, verdict } from "../support/scene.js";

const TEXT =
  "# The plan\n\n| a | b |\n|---|---|\n| `code` | 2 |\n\n```ts\nconst a = 1;\n```\n\nAnd [so](https://a.example) on";

describe.skipIf(chromiumMissing)(
  `no accessibility fault while a run goes on, in both colours and widths (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`,
  () => {
    const scene = pagesPerTest({ maxConcurrentRuns: 1 });

    const open = async (url: string): Promise<Page> => (await scene.browser.open(url)).page;

    test(
      "queued, waiting, thinking, live, quiet, and what is opened over a live run",
      { timeout: 120_000 },
      async () => {
        const waiting = await open(await scene.start());
        const call = await scene.model.next();
        await waiting.getByText(/^waiting for the first token · /).waitFor();
        expect.soft(await faultsEverywhere(waiting), "waiting").toEqual([]);
        const queued = await open(await scene.start("the second"));
        await queued.locator(".pulse").getByText("queued, next in line: this server runs no more at once").waitFor();
        expect.soft(await faultsEverywhere(queued), "queued").toEqual([]);
        await waiting.getByText(/connected, silent for/).waitFor();
        // Its own word for the connection is only read out: one sees it once.
        const connected = waiting.locator(".pulse").getByText("connected", { exact: true });
        expect((await connected.boundingBox())?.width).toBe(1);
        expect.soft(await faultsEverywhere(waiting), "quiet").toEqual([]);

        const page = waiting;
        call.write("Let me see.", "reasoning");
        await page.getByText(/^thinking · /).waitFor();
        await page.locator("summary", { hasText: "Reasoning" }).click();
        await page.getByText("Let me see.").waitFor();
        expect.soft(await faultsEverywhere(page), "thinking").toEqual([]);
        call.write(`${TEXT}\n\n`);
        await page.getByRole("heading", { name: "The plan" }).waitFor();
        await page.locator("pre [class^=token-]").first().waitFor({ state: "attached" });
        expect.soft(await faultsEverywhere(page), "live").toEqual([]);

        await page.keyboard.press("/");
        await page.getByRole("textbox", { name: "Find", exact: true }).fill("code");
        await page.getByText(/^1 of 1/).waitFor();
        expect.soft(await faultsEverywhere(page), "find").toEqual([]);
        await page.keyboard.press("Escape");
        await page.keyboard.press("?");
        await page.getByRole("dialog").waitFor();
        expect.soft(await faultsEverywhere(page), "keys").toEqual([]);
        await page.keyboard.press("Escape");
        await page.keyboard.press("Control+k");
        await page.getByRole("dialog").waitFor();
        await page.keyboard.type("run");
        await page.getByRole("option", { name: "Search all runs for “run”" }).waitFor();
        expect.soft(await faultsEverywhere(page), "palette").toEqual([]);
        await page.keyboard.press("Escape");
        await page.keyboard.press("o");
        await page.getByRole("dialog", { name: "Export" }).waitFor();
        expect.soft(await faultsEverywhere(page), "export").toEqual([]);
        await page.keyboard.press("Escape");

        await page.keyboard.press("i");
        const guidance = page.getByLabel("Guidance for the steps that follow");
        await guidance.fill("Use no framework.");
        await page.getByRole("button", { name: "Send guidance" }).click();
        await page.getByText("waits for the next step").waitFor();
        expect.soft(await faultsEverywhere(page), "guide").toEqual([]);
        await guidance.press("Escape");
        for (const ways of ["More ways to skip", "More ways to cancel"]) {
          const press = async (width: number) => {
            await page.keyboard.press("Escape");
            await page.getByRole("button", { name: width < 769 ? "More" : ways, exact: true }).click();
          };
          expect.soft(await faultsEverywhere(page, press), ways).toEqual([]);
          await page.keyboard.press("Escape");
        }
        const openDetails = async () => {
          await page.getByRole("button", { name: "Details", exact: true }).click();
          await page.getByRole("heading", { name: "Details of Architecture" }).waitFor();
          await page.getByText("What the model was asked").click();
          await page.getByRole("region", { name: "Text of message 1" }).waitFor();
        };
        expect.soft(await faultsEverywhere(page, openDetails), "details").toEqual([]);
      },
    );

    test("retrying, reconnecting, pausing, paused, at a gate, cancelling", { timeout: 120_000 }, async () => {
      await using proxy = await startCuttingProxy(scene.server.url);
      const path = new URL(await scene.start("build it", { gates: ["review"] })).pathname;
      const page = await open(proxy.url + path);
      (await scene.model.next()).refuse(503, "too busy", { "retry-after": "600" });
      await page.getByText(/^attempt 1 failed · attempt 2 of at most 4 in /).waitFor();
      expect.soft(await faultsEverywhere(page), "retrying").toEqual([]);
      await scene.client.control(runIdOf(path), { type: "cancel", when: "now", reason: "seen enough" });
      await page.getByRole("heading", { name: /^Cancelled after / }).waitFor();
      expect.soft(await faultsEverywhere(page), "cancelled without text").toEqual([]);

      const next = new URL(await scene.start("build it", { gates: ["review"] })).pathname;
      await page.goto(proxy.url + next);
      const call = await scene.model.next();
      call.write(TEXT);
      await page.getByRole("heading", { name: "The plan" }).waitFor();
      await page.context().setOffline(true);
      proxy.cut();
      await page.getByText(/^this device is offline · try \d+/).waitFor();
      expect.soft(await faultsEverywhere(page), "offline").toEqual([]);
      proxy.down();
      await page.context().setOffline(false);
      await page.getByText(/^connection lost · try \d+/).waitFor();
      expect.soft(await faultsEverywhere(page), "server gone").toEqual([]);
      proxy.up();
      // What was looked at meanwhile may have taken so long that the model would count as silent.
      call.write(" And more.");
      await page.getByText(/^streaming/).waitFor();

      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByText("Finishing the current call first").waitFor();
      expect.soft(await faultsEverywhere(page), "pausing").toEqual([]);
      call.end();
      await page.getByText("Paused before Implementation.").waitFor();
      expect.soft(await faultsEverywhere(page), "paused").toEqual([]);
      await page.getByRole("button", { name: "Resume the run" }).click();
      const implementation = await scene.model.next();
      implementation.write(TEXT);
      implementation.end();
      await page.getByText("Paused at the gate before Review.").waitFor();
      expect.soft(await faultsEverywhere(page), "at a gate").toEqual([]);
      await page.getByRole("button", { name: "Resume the run" }).click();
      const review = await scene.model.next();
      review.write(verdict(false, "No input check"));
      review.end();
      (await reach(scene.model, "refinement", 1)).write(TEXT);
      await page.getByRole("heading", { name: "The plan" }).waitFor();
      await scene.client.control(runIdOf(next), { type: "cancel", when: "after_stage" });
      await page.getByText(/^cancels after this stage/).waitFor();
      expect.soft(await faultsEverywhere(page), "cancelling").toEqual([]);
    });
  },
);

function runIdOf(path: string): string {
  return path.split("/").at(-1) ?? "";
}
