import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { pagesPerTest } from "../support/pages.js";
import { answerOf, placeOf, promptOf, reach } from "../support/scene.js";

describe.skipIf(chromiumMissing)(`steering on the page (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest();

  test("pause, guidance, resume: the guidance is in the next prompt, and shown where it took effect", async () => {
    const { page, complaints } = await scene.browser.open(await scene.start());
    const architecture = await scene.model.next();
    architecture.write("The plan.");
    await page.getByText("The plan.").waitFor();

    await page.getByRole("button", { name: "Pause" }).click();
    await chip(page, "Pausing");
    await page.getByText("Finishing the current call first").waitFor();
    await page.getByText(/^finishing the current call, then paused · /).waitFor();
    await note(page, /^acknowledged at #\d+, in effect later$/);
    expect(await railNote(page, "Implementation")).toBe("Planned");

    architecture.end();
    await chip(page, "Paused");
    await page.getByText("paused before Implementation: resume to go on").waitFor();
    expect(await railNote(page, "Implementation")).toBe("Paused");
    expect(await page.title()).toMatch(/^Paused · /);
    expect(scene.model.calls).toHaveLength(1);

    await page.getByRole("button", { name: "Guide" }).click();
    const field = page.getByLabel("Guidance for the steps that follow");
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
    await field.fill("Use no framework.");
    await page.getByRole("button", { name: "Send guidance" }).click();
    await expect.poll(() => field.inputValue()).toBe("");
    await page.getByText("waits for the next step").waitFor();
    await page.getByText("1 text of guidance waits for it.").waitFor();

    await page.getByRole("button", { name: "Resume the run" }).press("Enter");
    const implementation = await scene.model.next();
    expect(promptOf(implementation)).toContain("Use no framework.");
    await chip(page, "Running");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    // The button that was pressed is gone.
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toBe("transcript");
    await page.getByRole("list", { name: "Guidance from this step on" }).getByText("Use no framework.").waitFor();
    implementation.end();
    await scene.model.next();
    await expect.poll(() => railNote(page, "Implementation")).toMatch(/^Finished · .* · guided$/);
    expect(complaints).toEqual([]);
  });

  test("a pause is taken back before it took effect", async () => {
    const { page } = await scene.browser.open(await scene.start());
    const call = await scene.model.next();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await chip(page, "Running");
    call.end();
    expect(placeOf(await scene.model.next())).toBe("implementation 0");
  });

  test("gates and a budget from the start form; the run waits before each gate", async () => {
    const { page, complaints } = await scene.browser.open(scene.server.url);
    await page.getByLabel("What should be built?").fill("A chat server");
    await page.getByText("More options").click();
    await page.getByRole("checkbox", { name: "Implementation" }).check();
    await page.getByRole("checkbox", { name: "Documentation" }).check();
    await page.getByLabel("Tokens, at most").fill("lots");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("“lots” is not a whole number above 0").waitFor();
    await page.getByLabel("Tokens, at most").fill("90000");
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL(/\/runs\/./);
    const runId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    expect((await scene.server.engine.get(runId)).options).toMatchObject({
      gates: ["implementation", "documentation"],
      maxTokens: 90_000,
    });

    await page.getByRole("button", { name: /^Documentation/ }).waitFor();
    expect(await railNote(page, "Documentation")).toBe("Planned · gate");
    scene.model.answer(answerOf);
    await page.getByText("paused at the gate before Implementation: resume to go on").waitFor();
    expect(await railNote(page, "Implementation")).toBe("Paused · gate");
    expect(scene.model.calls.map(placeOf)).toEqual(["architecture 0"]);
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await page.getByText("paused at the gate before Documentation: resume to go on").waitFor();
    await page.getByRole("button", { name: "Resume", exact: true }).click();
    await chip(page, "Finished");
    expect(complaints).toEqual([]);
  });

  test("a failed run is retried from the step that failed, and the new run says where it comes from", async () => {
    const { page, complaints } = await scene.browser.open(await scene.start());
    (await reach(scene.model, "implementation")).refuse(401, "wrong key");
    await chip(page, "Failed");
    const failed = page.url();
    const before = scene.model.calls.length;
    await page.getByRole("button", { name: "Retry" }).click();
    const call = await scene.model.next();
    expect(scene.model.calls.slice(before).map(placeOf)).toEqual(["implementation 0"]);
    expect(promptOf(call)).toContain("text of architecture 0");
    await chip(page, "Running");
    expect(page.url()).not.toBe(failed);
    expect(await page.locator(".facts").innerText()).toMatch(/Forked from\s+\S+ at Implementation/);
    expect(await railNote(page, "Architecture")).toBe("Finished · taken over");
    scene.model.answer(answerOf);
    call.write("The code.");
    call.end();
    await chip(page, "Finished");
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);

    await page.getByRole("link", { name: /^\w{12}$/ }).click();
    await chip(page, "Failed");
    expect(page.url()).toBe(failed);
    expect(complaints).toEqual([]);
  });

  test("a finished run is forked from the step that is shown, with another task", async () => {
    scene.model.answer(answerOf);
    const { page, complaints } = await scene.browser.open(await scene.start());
    await chip(page, "Finished");
    const before = scene.model.calls.length;
    await page.getByRole("button", { name: /^Review (?!\d)/ }).click();
    await page.getByRole("button", { name: "Fork from here" }).click();
    const task = page.getByLabel("Task of the new run");
    expect(await task.inputValue()).toBe("build it");
    await task.fill("build it in Go");
    await page.getByRole("button", { name: "Begin the fork" }).click();
    await page.getByRole("heading", { level: 1, name: "build it in Go" }).waitFor();
    await chip(page, "Finished");
    expect(placeOf(scene.model.calls[before]!)).toBe("review 0");
    expect(await page.locator(".facts").innerText()).toMatch(/Forked from\s+\S+ at Review/);
    expect(complaints).toEqual([]);
  });

  test("cancel after this stage lets the stage finish, and the run can go on from there", async () => {
    const { page, complaints } = await scene.browser.open(await scene.start());
    const call = await scene.model.next();
    call.write("The plan.");
    const more = page.getByRole("button", { name: "More ways to cancel" });
    const choice = page.getByRole("button", { name: "Cancel after this stage" });
    await more.click();
    await choice.waitFor();
    await page.keyboard.press("Escape");
    await choice.waitFor({ state: "hidden" });
    await more.click();
    await choice.click();
    await chip(page, "Cancelling");
    await page.getByText(/^cancels after this stage · /).waitFor();
    expect(await page.getByRole("button", { name: "Cancel run" }).isEnabled()).toBe(true);
    await more.click();
    expect(await choice.isDisabled()).toBe(true);

    call.end();
    await chip(page, "Cancelled");
    expect(await railNote(page, "Architecture")).toMatch(/^Finished/);
    expect(await railNote(page, "Implementation")).toBe("Not reached");
    await page.getByRole("button", { name: "Continue as fork from Implementation" }).click();
    expect(placeOf(await scene.model.next())).toBe("implementation 0");
    await chip(page, "Running");
    expect(complaints).toEqual([]);
  });

  test("everything fits on a phone and is large enough for a finger", async () => {
    const phone = { viewport: { width: 375, height: 667 } };
    const { page } = await scene.browser.open(await scene.start(), phone);
    const call = await scene.model.next();
    call.write("The plan.\n\n".repeat(60));
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "Cancel after this stage" }).waitFor();
    expect(await sidewaysScroll(page)).toBe(0);
    for (const name of ["Pause", "Guide", "Skip iteration", "Cancel run", "Cancel after this stage"]) {
      const box = await page.getByRole("button", { name, exact: true }).boundingBox();
      expect({ name, size: Math.min(box?.height ?? 0, box?.width ?? 0) >= 44 }).toEqual({ name, size: true });
      const { x = -1, y = -1, width = 0, height = 0 } = box ?? {};
      expect({ name, inside: x >= 0 && x + width <= 375 && y >= 0 && y + height <= 667 }).toEqual({
        name,
        inside: true,
      });
    }
  });
});

/** Waits until the run's own chip, not that of a step, has this word. */
async function chip(page: Page, word: string): Promise<void> {
  await page.locator(".run-heading .chip", { hasText: new RegExp(`^${word}$`) }).waitFor();
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
