import { definePipeline } from "@stagewire/server";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { axeViolations, faultsEverywhere } from "../support/axe.js";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { startCuttingProxy } from "../support/cutting-proxy.js";
import { type Pages, pagesPerFile } from "../support/pages.js";

const ONE_ANSWER = definePipeline({
  id: "answer",
  title: "One answer",
  stages: [{ id: "answer", title: "Answer", prompt: () => [{ role: "user", content: "Answer." }] }],
});

describe.skipIf(chromiumMissing)(`the start form (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerFile({ maxTaskBytes: 2_000, pipelines: [ONE_ANSWER] });

  test("every option reaches the server, and the folded part says what differs", async () => {
    const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/new`);
    await taskField(page).fill("A chat server\nwith rooms");
    await page.getByLabel("Refinements, at most").selectOption("1");
    await page.getByText("More options").click();
    await page.getByLabel("All stages").fill("model-for-all");
    await page.getByLabel("Another model for some stages").check();
    await page.getByLabel("Review", { exact: true }).first().fill("model-for-review");
    await page.getByRole("checkbox", { name: "Implementation" }).check();
    await page.getByLabel("Tokens, at most").fill("90000");
    await page.getByLabel("Cancel the run when nobody watches it any more").check();
    await page.getByLabel("Let other runs go first").check();
    await page.getByText("More options").click();
    await page
      .getByText(
        "More options · model model-for-all · 1 stage with a model of its own · pauses before Implementation · at most 90,000 tokens · cancelled when nobody watches · others go first",
      )
      .waitFor();
    await taskField(page).press("Control+Enter");
    const view = await startedRun(page, scene.server);
    expect(view.task).toBe("A chat server\nwith rooms");
    expect(view.options).toEqual({
      maxRefinements: 1,
      models: {
        architecture: "model-for-all",
        implementation: "model-for-all",
        review: "model-for-review",
        refinement: "model-for-all",
        documentation: "model-for-all",
      },
      gates: ["implementation"],
      maxTokens: 90_000,
      onAbandoned: "cancel",
      priority: "low",
    });
    expect((await scene.model.next()).body.model).toBe("model-for-all");
    expect(complaints).toEqual([]);
  });

  test("a pipeline of one's own shows only what it has", async () => {
    const { page } = await scene.browser.open(`${scene.server.url}/runs/new`);
    await page.getByLabel("Pipeline").selectOption("One answer");
    await page.getByLabel("Refinements, at most").waitFor({ state: "detached" });
    await page.getByText("More options").click();
    expect(await page.getByRole("group", { name: "Pause before" }).getByRole("checkbox").count()).toBe(1);
    await page.getByRole("checkbox", { name: "Answer" }).check();
    await taskField(page).fill("What is a bus?");
    await page.getByRole("button", { name: "Start" }).click();
    const view = await startedRun(page, scene.server);
    expect(view.pipeline.id).toBe("answer");
    expect(view.options).toEqual({ gates: ["answer"] });
  });

  test("what is wrong is said beside its field, also in the server's words, and the field gets the focus", async () => {
    const { page } = await scene.browser.open(`${scene.server.url}/runs/new`);
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("Say what should be built first.").waitFor();
    expect(await focusedLabel(page)).toBe("What should be built?");
    await taskField(page).fill("x".repeat(2_001));
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("The task has 2,001 bytes; this server takes at most 2,000.").waitFor();
    await taskField(page).fill("A parser");
    await page.getByText("More options").click();
    const dollars = page.getByLabel("US dollars, at most");
    await dollars.fill("1.5");
    await page.getByText("More options").click();
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText(/^options\.maxCostUsd: no price is configured for the model "some-model"/).waitFor();
    expect(await dollars.isVisible()).toBe(true);
    expect(await focusedLabel(page)).toBe("US dollars, at most");
    expect(await axeViolations(page)).toEqual([]);
    await dollars.fill("");
    await page.getByRole("button", { name: "Start" }).click();
    expect((await startedRun(page, scene.server)).options).toEqual({});
  });

  test("a draft survives a reload, and is gone once it has become a run", async () => {
    const { page } = await scene.browser.open(`${scene.server.url}/runs/new`);
    await taskField(page).fill("A thing half said");
    await page.getByLabel("Refinements, at most").selectOption("0");
    await page.reload();
    await expect.poll(() => taskField(page).inputValue()).toBe("A thing half said");
    expect(await page.getByLabel("Refinements, at most").inputValue()).toBe("0");
    await page.getByRole("button", { name: "Start" }).click();
    await startedRun(page, scene.server);
    await page.goBack();
    await expect.poll(() => taskField(page).inputValue()).toBe("");
  });

  test("a start over a line that drops makes one run, also when it is sent again after a reload", async () => {
    await using proxy = await startCuttingProxy(scene.server.url);
    const { page } = await scene.browser.open(`${proxy.url}/runs/new`);
    const before = (await scene.server.engine.list({})).runs.length;
    await taskField(page).fill("Only once, please");
    const sent = await page.evaluate(() => sessionStorage.getItem("stagewire-draft"));
    await page.getByRole("button", { name: "Start" }).click();
    proxy.cut();
    await startedRun(page, scene.server);
    await page.evaluate((draft) => sessionStorage.setItem("stagewire-draft", draft ?? ""), sent);
    await page.goto(`${proxy.url}/runs/new`);
    await expect.poll(() => taskField(page).inputValue()).toBe("Only once, please");
    await page.getByRole("button", { name: "Start" }).click();
    await startedRun(page, scene.server);
    expect((await scene.server.engine.list({})).runs.length).toBe(before + 1);
  });

  test("has no violation, folded or not, and fits a narrow phone", async () => {
    const { page } = await scene.browser.open(`${scene.server.url}/runs/new`);
    await page.getByLabel("Pipeline").waitFor();
    expect(await faultsEverywhere(page)).toEqual([]);
    await page.getByText("More options").click();
    await page.getByLabel("Another model for some stages").check();
    expect(await faultsEverywhere(page)).toEqual([]);
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await sidewaysScroll(page)).toBe(0);
  });
});

function taskField(page: Page) {
  return page.getByLabel("What should be built?");
}

/** The run that the page went to. */
async function startedRun(page: Page, server: Pages["server"]) {
  await page.waitForURL(({ pathname }) => /^\/runs\/[0-9a-z]{12}$/.test(pathname));
  return server.engine.get(new URL(page.url()).pathname.slice("/runs/".length));
}

function focusedLabel(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const { activeElement } = document;
    const { labels } = activeElement as HTMLInputElement;
    return labels?.[0]?.textContent ?? activeElement?.tagName;
  });
}
