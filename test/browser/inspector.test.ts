import { createClient } from "@stagewire/client";
import { beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { pagesPerFile } from "../support/pages.js";
import { answerOf, placeOf, reach } from "../support/scene.js";

describe.skipIf(chromiumMissing)(`the details of a step (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerFile();
  /** A finished run: its implementation failed once, its refinement was guided. */
  let url: string;

  beforeAll(async () => {
    const { runId } = await scene.server.engine.start({
      task: "build it",
      options: { maxRefinements: 1, maxTokens: 90_000, models: { refinement: "big-model" } },
    });
    (await reach(scene.model, "implementation")).refuse(503, "overloaded");
    const review = await reach(scene.model, "review");
    await scene.server.engine.control(
      { runId, commandId: "g", command: { type: "guide", text: "Use no framework." } },
      "ci",
    );
    review.write(answerOf(review));
    review.end();
    scene.model.answer(answerOf);
    await using client = createClient({ url: scene.server.url });
    await client.runs.open(runId).finished();
    url = `${scene.server.url}/runs/${runId}`;
  });

  test("stand beside the text with figures, settings, guidance and findings; a reload finds them open", async () => {
    const { page, complaints } = await scene.browser.open(`${url}?stage=refinement&iteration=1`);
    await page.getByRole("button", { name: "Details" }).click();
    const details = page.getByRole("complementary", { name: "Details of Refinement 1" });
    await details.waitFor();
    const facts = await details.innerText();
    for (const text of [
      /Model\s+big-model/,
      /Model set for this stage\s+big-model/,
      /Time to first token\s+\d/,
      /Took\s+\d/,
      /Prompt tokens\s+10/,
      /Written tokens\s+5/,
      /Tokens at most\s+90,000/,
      /ci: Use no framework\./,
      /Findings that it was to answer\s+major: finding of review 0/,
    ]) {
      expect(facts).toMatch(text);
    }
    await page.reload();
    await details.waitFor();
    await page.getByRole("button", { name: /^Architecture/ }).click();
    const other = page.getByRole("complementary", { name: "Details of Architecture" });
    await other.waitFor();
    expect(await other.innerText()).not.toContain("Use no framework.");
    await page.getByRole("button", { name: "Hide the details" }).press("Enter");
    const toggle = page.getByRole("button", { name: "Details" });
    await expect.poll(() => toggle.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.reload();
    await page.getByRole("heading", { name: "Architecture" }).waitFor();
    expect(await page.getByRole("complementary").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("tell what the model was asked, guidance included, once somebody wants to read it", async () => {
    const { page, complaints } = await scene.browser.open(`${url}?stage=refinement&iteration=1`);
    await page.getByRole("button", { name: "Details" }).click();
    await page.getByText("What the model was asked").click();
    const call = scene.model.calls.find((one) => placeOf(one) === "refinement 1");
    const texts = page.getByRole("region", { name: /^Text of message / });
    await expect.poll(() => texts.allTextContents()).toEqual(call?.body.messages.map(({ content }) => content));
    expect(await texts.last().textContent()).toContain("Use no framework.");
    await page.getByRole("button", { name: /^Architecture/ }).click();
    await page.getByRole("complementary", { name: "Details of Architecture" }).waitFor();
    expect(await texts.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("a link to an attempt opens them there", async () => {
    const { page } = await scene.browser.open(`${url}?stage=implementation&iteration=0&attempt=1`);
    const details = page.getByRole("complementary", { name: "Details of Implementation" });
    await details.waitFor();
    expect(await details.getByRole("link", { name: "Attempt 1" }).getAttribute("aria-current")).toBe("true");
    expect(await details.innerText()).toMatch(/Attempt 1, some-model: failed, \w+: .*overloaded.*; the next one after/);
    const note = page.getByText("What attempt 1 wrote is void, and the log does not keep it");
    await note.waitFor();
    expect(await note.innerText()).toContain("Below is attempt 2.");
    await details.getByRole("link", { name: "Attempt 2" }).click();
    await note.waitFor({ state: "detached" });
    await expect.poll(() => new URL(page.url()).searchParams.get("attempt")).toBe("2");
    expect(await details.getByRole("link", { name: "Attempt 2" }).getAttribute("aria-current")).toBe("true");
  });

  test("lie over the text on a phone, and give the focus back", async () => {
    const { page } = await scene.browser.open(url, { viewport: { width: 375, height: 780 } });
    const button = page.getByRole("button", { name: "Details" });
    await button.click();
    const sheet = page.getByRole("dialog", { name: /^Details of/ });
    await sheet.getByText("Time to first token").waitFor();
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await sidewaysScroll(page)).toBe(0);
  });
});
