import { webRoot } from "@stagewire/web";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, startBrowser } from "../support/browser.js";
import { answerOf, openScene, placeOf } from "../support/scene.js";

test.skipIf(chromiumMissing)(
  `a whole run by keys alone (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`,
  async () => {
    await using scene = await openScene({ webRoot });
    await using browser = await startBrowser();
    const { model } = scene;
    const { page, complaints } = await browser.open(`${scene.server.url}/runs`);
    const { keyboard } = page;
    await page.getByText("No runs yet.").waitFor();

    // Start: nothing here or below touches the mouse.
    await keyboard.press("n");
    await page.getByRole("heading", { name: "New run" }).waitFor();
    await keyboard.type("A chat server");
    await keyboard.press("Control+Enter");
    const architecture = await model.next();
    architecture.write("The plan.");
    await page.getByText("The plan.").waitFor();

    // Pause, guide, resume.
    await keyboard.press("p");
    await chip(page, "Pausing");
    architecture.end();
    await chip(page, "Paused");
    await keyboard.press("i");
    await expect.poll(() => focused(page)).toContain("Guidance for the steps that follow");
    await keyboard.type("Use no framework, please.");
    await keyboard.press("Control+Enter");
    await page.getByText("waits for the next step").first().waitFor();
    await keyboard.press("Tab");
    await keyboard.press("p");
    const implementation = await model.next();
    expect(implementation.body.messages.map(({ content }) => content).join("\n")).toContain(
      "Use no framework, please.",
    );
    implementation.write("The code.");
    implementation.end();

    // Skip the first refinement, let the second one through.
    const review = await model.next();
    expect(placeOf(review)).toBe("review 0");
    review.write(answerOf(review));
    review.end();
    const refinement = await model.next();
    expect(placeOf(refinement)).toBe("refinement 1");
    refinement.write("Half of it");
    await page.getByText("Half of it").waitFor();
    await keyboard.press("s");
    await refinement.closed;
    model.answer(answerOf);
    await chip(page, "Finished");
    const view = await scene.server.engine.get(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    expect(view.controls.map(({ command }) => command.type)).toEqual(["pause", "guide", "resume", "skip"]);
    await keyboard.press("s");
    await page.getByText("Skip this iteration: not now, the run has ended").waitFor();

    // Read: stages, iterations, the keys, and back to the list.
    await keyboard.press("k");
    await expect.poll(() => new URL(page.url()).searchParams.get("stage")).not.toBe(null);
    const stage = new URL(page.url()).search;
    await keyboard.press("k");
    await expect.poll(() => new URL(page.url()).search).not.toBe(stage);
    await keyboard.press("j");
    await expect.poll(() => new URL(page.url()).search).toBe(stage);
    await keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await keyboard.press("Escape");
    await keyboard.press("g");
    await keyboard.press("r");
    await page.getByRole("row", { name: /Finished.*A chat server/ }).waitFor();
    await keyboard.press("j");
    await keyboard.press("Enter");
    await chip(page, "Finished");

    // Another one, from the palette.
    await keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await keyboard.type("start a run");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "New run" }).waitFor();
    await keyboard.type("Not needed");
    await keyboard.press("Control+Enter");
    await page.getByRole("heading", { name: "Not needed" }).waitFor();
    expect(complaints).toEqual([]);
  },
  60_000,
);

test.skipIf(chromiumMissing)(
  `x and x cancel, one x alone says what it waits for (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`,
  async () => {
    await using scene = await openScene({ webRoot });
    await using browser = await startBrowser();
    const { runId } = await scene.start();
    const call = await scene.model.next();
    const { page } = await browser.open(`${scene.server.url}/runs/${runId}`);
    call.write("Some text.");
    await page.getByText("Some text.").waitFor();
    await page.keyboard.press("x");
    await page.getByText("x x: Cancel the run").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("x");
    expect((await scene.server.engine.get(runId)).controls).toEqual([]);
    await page.keyboard.press("x");
    await chip(page, "Cancelled");
    await call.closed;
  },
);

async function chip(page: Page, word: string): Promise<void> {
  await page.locator(".run-heading .chip", { hasText: new RegExp(`^${word}$`) }).waitFor();
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => (document.activeElement as HTMLTextAreaElement | null)?.labels?.[0]?.textContent ?? "");
}
