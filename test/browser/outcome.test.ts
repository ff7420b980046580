import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, type TestBrowser } from "../support/browser.js";
import { pagesPerTest } from "../support/pages.js";
import { answerOf, placeOf, reach, verdict } from "../support/scene.js";

describe.skipIf(chromiumMissing)(`a run that has ended (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest();

  async function startRun(task = "build it"): Promise<string> {
    return (await scene.server.engine.start({ task })).runId;
  }
  const openRun = (runId: string, options: Parameters<TestBrowser["open"]>[1] = {}) =>
    scene.browser.open(`${scene.server.url}/runs/${runId}`, options);

  test("finished: totals, what refinement changed, and the whole to take along", async () => {
    scene.model.answer((call) => {
      const place = placeOf(call);
      if (place.startsWith("review")) return verdict(place === "review 1", "finding");
      return place.startsWith("refinement") ? "one\ntwo changed\nthree\nfour\n" : "one\ntwo\nthree\n";
    });
    const { page, complaints } = await openRun(await startRun());
    const panel = await outcome(page, /^Finished in /);
    await panel.getByText("; 1 refinement, approved by the last review.").waitFor();
    expect(spaces(await panel.getByText("since the").innerText())).toMatch(/^\+2.*−1.* since the implementation: /i);

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      panel.getByRole("button", { name: "Export .zip" }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^stagewire-build-it-\w{6}\.zip$/);
    await panel.getByRole("button", { name: "Export…" }).click();
    await page.getByRole("dialog", { name: "Export" }).waitFor();
    await page.keyboard.press("Escape");

    await panel.getByRole("link", { name: "see the changes" }).click();
    await page.getByRole("heading", { name: /^Change 1 of 1/ }).waitFor();
    expect(new URL(page.url()).search).toBe("?view=diff&a=implementation&b=refinement%3A1");
    expect(complaints).toEqual([]);
  });

  test("opened when it has ended, its head keeps no room for what can't come any more", async () => {
    const { page } = await openRun(await startRun());
    // Somebody had the time to read of it.
    await page
      .getByText(/^00:0[1-9]/)
      .first()
      .waitFor();
    scene.model.answer(answerOf);
    await outcome(page, /^Finished in /);
    const whileWatched = await page.locator(".run-top").boundingBox();
    await page.reload();
    await outcome(page, /^Finished in /);
    const opened = await page.locator(".run-top").boundingBox();
    expect(whileWatched?.height).toBeGreaterThanOrEqual(112);
    expect(opened?.height).toBeLessThan(90);
  });

  test("cancelled: by whom, when and why, what is kept, and the way on as a fork", async () => {
    const runId = await startRun();
    const call = await reach(scene.model, "refinement", 1);
    call.write("Half of it.");
    const { page, complaints } = await openRun(runId);
    await page.getByText("Half of it.").waitFor();
    const command = { type: "cancel", when: "now", reason: "the <b>wrong</b> task" } as const;
    await scene.server.engine.control({ runId, commandId: "c1", command }, "ci");
    const panel = await outcome(page, /^Cancelled after /);
    const text = spaces(await panel.innerText());
    expect(text).toMatch(/By ci, .*: “the <b>wrong<\/b> task”\./);
    expect(text).toContain("Kept: 3 finished outputs and 11 characters of Refinement 1.");

    await panel.getByRole("button", { name: "Continue as fork from Refinement 1" }).click();
    expect(placeOf(await scene.model.next())).toBe("refinement 1");
    await page.getByText("Forked from", { exact: true }).waitFor();
    expect(page.url()).not.toContain(runId);
    expect(complaints).toEqual([]);
  });

  test("failed: where, why, whether it may pass, what is kept; diagnostics hold no secret", async () => {
    const runId = await startRun("the task is nobody else's business");
    (await reach(scene.model, "review")).refuse(401, "the key sk-abcdefghijklmnopqrstuvwx is refused");
    const { page, complaints } = await openRun(runId, { permissions: ["clipboard-read", "clipboard-write"] });
    const panel = await outcome(page, "The run failed in Review");
    await panel.getByText("MODEL_AUTH, attempt 1").waitFor();
    await panel.getByText("mend the cause first. Kept: 2 finished outputs.").waitFor();

    await panel.getByRole("button", { name: "Copy diagnostics" }).click();
    await panel.getByRole("button", { name: "Copied" }).waitFor();
    const diagnostics = await page.evaluate(() => navigator.clipboard.readText());
    expect(diagnostics).toContain(`run ${runId}: failed at event #`);
    expect(diagnostics).toMatch(/^server stagewire \d+\.\d+\.\d+, protocol 1, model some-model \(openai\)$/m);
    expect(diagnostics).toMatch(/^ {2}#\d+ \S+ MODEL_AUTH, fatal, in review 0, attempt 1: /m);
    expect(diagnostics).not.toMatch(/sk-abc|business|text of/);

    // One way to fork at a time, and the one that can help stands out.
    expect(await page.getByRole("button", { name: /^Fork/ }).allInnerTexts()).toEqual(["Fork…"]);
    expect(await panel.locator("button.primary").allInnerTexts()).toEqual(["Fork…"]);
    await page.getByRole("button", { name: /^Architecture/ }).click();
    await page.getByRole("button", { name: "Fork from here" }).waitFor();
    expect(await page.getByRole("button", { name: /^Fork/ }).allInnerTexts()).toEqual(["Fork from here"]);
    await page.getByRole("button", { name: /^Review (?!\d)/ }).click();

    await panel.getByRole("button", { name: "Fork…" }).click();
    await page.getByLabel("Task of the new run").waitFor();
    await panel.getByRole("button", { name: "Retry Review" }).click();
    const call = await scene.model.next();
    expect(placeOf(call)).toBe("review 0");
    expect(complaints).toEqual([]);
  });

  test("a run that used up its budget is forked with a higher one", async () => {
    scene.model.answer(answerOf);
    const address = await scene.start("build it", { maxTokens: 30, maxRefinements: 0 });
    const { page } = await scene.browser.open(address);
    const panel = await outcome(page, /^The run failed in /);
    await panel.getByText("BUDGET_EXCEEDED").waitFor();
    // The step called no model, and the panel has told of its error.
    expect(await page.locator(".step-facts").innerText()).not.toContain("token");
    expect(await page.getByRole("list", { name: "Errors in this step" }).count()).toBe(0);
    const fork = panel.getByRole("button", { name: "Fork…" });
    await fork.click();
    await page.getByLabel("Task of the new run").press("Escape");
    expect(await fork.evaluate((element) => element === document.activeElement)).toBe(true);
    await fork.click();
    const tokens = page.getByLabel("Tokens, at most");
    expect(await tokens.inputValue()).toBe("30");
    await tokens.fill("90000");
    await page.getByRole("button", { name: "Begin the fork" }).click();
    await outcome(page, /^Finished in /);
    expect(page.url()).not.toBe(address);
    const runId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    expect((await scene.server.engine.get(runId)).options).toEqual({ maxTokens: 90_000, maxRefinements: 0 });
  });

  test("a key retries a failed run", async () => {
    const runId = await startRun();
    (await scene.model.next()).refuse(401, "wrong key");
    const { page } = await openRun(runId);
    await outcome(page, "The run failed in Architecture");
    await page.keyboard.press("r");
    expect(placeOf(await scene.model.next())).toBe("architecture 0");
    await page.waitForURL((url) => !url.pathname.endsWith(runId));
  });

  test("its buttons can be hit however it ended, with a finger too", async () => {
    const fails = await startRun();
    (await scene.model.next()).refuse(401, "wrong key");
    const cancels = await startRun();
    (await scene.model.next()).write("Half of it.");
    await scene.client.control(cancels, { type: "cancel", when: "now" });
    scene.model.answer(answerOf);
    for (const [runId, title] of [
      [fails, "The run failed in Architecture"],
      [cancels, /^Cancelled after /],
      [await startRun(), /^Finished in /],
    ] as const) {
      const { page } = await openRun(runId);
      const panel = await outcome(page, title);
      for (const [width, least] of [
        [1280, 24],
        [375, 44],
      ] as const) {
        await page.setViewportSize({ width, height: 800 });
        for (const button of await panel.getByRole("button").all()) {
          await expect.poll(async () => (await button.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(least);
        }
      }
      await page.close();
    }
  });
});

async function outcome(page: Page, title: string | RegExp) {
  const panel = page.getByRole("region", { name: title });
  await panel.waitFor();
  return panel;
}

/** As it reads: layout makes line breaks. */
function spaces(text: string): string {
  return text.replace(/\s+/g, " ");
}
