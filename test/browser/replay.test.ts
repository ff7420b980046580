import { setTimeout as delay } from "node:timers/promises";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll } from "../support/browser.js";
import { pagesPerTest } from "../support/pages.js";
import { answerOf, reach } from "../support/scene.js";

describe.skipIf(chromiumMissing)(`replay on the page (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  const scene = pagesPerTest();

  /** A run whose steps took long enough to have some batches of tokens each. */
  async function finishedRun(): Promise<string> {
    const { runId } = await scene.server.engine.start({ task: "build it", options: { maxRefinements: 1 } });
    for (let left = 6; left > 0; left--) {
      const call = await scene.model.next();
      for (const word of answerOf(call).split(/(?= )/)) {
        call.write(word);
        await delay(40);
      }
      call.end();
    }
    await expect.poll(async () => (await scene.server.engine.get(runId)).status).toBe("completed");
    return `${scene.server.url}/runs/${runId}`;
  }

  test(
    "a finished run is played to its end; it ends as it was, and can be played again",
    { timeout: 60_000 },
    async () => {
      const { page, complaints } = await scene.browser.open(await finishedRun());
      await page.getByRole("heading", { name: "Documentation" }).waitFor();
      await page.getByRole("button", { name: "Play the replay" }).click();
      await page.getByText("This is a replay.").waitFor();
      await page.getByText("Text paced evenly: the log keeps the words").waitFor();
      expect(await page.getByRole("group", { name: "Controls" }).count()).toBe(0);
      await page.getByRole("button", { name: "60×" }).click();
      await page.getByRole("button", { name: "Play the replay" }).waitFor();
      await expect.poll(() => atOf(page)).toBe((await scene.server.engine.get(runIdOf(page))).seq);
      await page.getByRole("heading", { name: "Documentation" }).waitFor();
      await page.getByText("text of documentation 0").waitFor();
      await page.getByRole("button", { name: "Back to the end" }).click();
      await page.getByText("This is a replay.").waitFor({ state: "detached" });
      expect(new URL(page.url()).search).toBe("");
      expect(complaints).toEqual([]);
    },
  );

  test("a run whose past comes in parts is played once all of it is there", async () => {
    const address = await finishedRun();
    const { page } = await scene.browser.open(scene.server.url);
    let cutting = false;
    /** What has come since a frame was cut. */
    let held: string[] | undefined;
    let letThrough = (): void => {};
    await page.routeWebSocket(/\/trpc/, (socket) => {
      socket.connectToServer().onMessage((raw) => {
        const message = String(raw);
        if (held) {
          held.push(message);
          return;
        }
        const parts = cutting ? cutEnd(message) : undefined;
        socket.send(parts?.[0] ?? message);
        held = parts && [parts[1]];
      });
      letThrough = () => {
        cutting = false;
        for (const message of held ?? []) socket.send(message);
        held = undefined;
      };
    });
    await page.goto(address);
    await page.getByRole("heading", { name: "Documentation" }).waitFor();
    cutting = true;
    await page.getByRole("button", { name: "Play the replay" }).click();
    await page.getByRole("button", { name: "60×" }).click();
    await expect.poll(() => held).toBeDefined();
    await page.getByText("Loading the run’s events…").waitFor();
    // It is to stay so: a replay is renewed once a second.
    await delay(1_500);
    expect(await page.getByText("Loading the run’s events…").count()).toBe(1);
    letThrough();
    await page.getByRole("button", { name: "Play the replay" }).waitFor();
    await expect.poll(() => atOf(page)).toBe((await scene.server.engine.get(runIdOf(page))).seq);
  });

  test("guidance that is half written outlives a look at the past", async () => {
    const { page } = await scene.browser.open(await scene.start());
    const call = await scene.model.next();
    call.write("The plan.");
    await page.getByText("The plan.").waitFor();
    await page.getByRole("button", { name: "Guide" }).click();
    const field = page.getByLabel("Guidance for the steps that follow");
    await field.fill("Use no frame");
    const slider = page.getByRole("slider", { name: "Moment of the run that is shown" });
    await slider.focus();
    await slider.press("Home");
    await page.getByText("This is a replay.").waitFor();
    await page.getByRole("button", { name: "Back to live" }).click();
    await page.getByRole("button", { name: "Guide" }).click();
    expect(await field.inputValue()).toBe("Use no frame");
  });

  test("who goes back to live in the moment in which the past arrives stays there", async () => {
    const { page } = await scene.browser.open(await scene.start());
    const call = await scene.model.next();
    call.write("The plan.");
    await page.getByText("The plan.").waitFor();
    await page.evaluate(() => {
      const observer = new MutationObserver(() => {
        if (!document.querySelector(".replay-where")) return;
        observer.disconnect();
        document.querySelector<HTMLElement>(".replay-ways .primary")?.click();
        document.body.dataset["left"] = "true";
      });
      observer.observe(document.body, { childList: true, subtree: true });
    });
    const slider = page.getByRole("slider", { name: "Moment of the run that is shown" });
    await slider.focus();
    await slider.press("Home");
    await page.locator("body[data-left]").waitFor();
    await page.getByRole("button", { name: "Guide" }).click();
    expect(new URL(page.url()).searchParams.has("at")).toBe(false);
  });

  test(
    "keys move through the run, stage by stage and event by event; a reload and a second tab show the same",
    { timeout: 60_000 },
    async () => {
      const { page, complaints } = await scene.browser.open(await finishedRun());
      const slider = page.getByRole("slider", { name: "Moment of the run that is shown" });
      await slider.focus();
      await slider.press("Home");
      await expect.poll(() => atOf(page)).toBe(1);
      expect(await stateOf(page, "Architecture")).toBe("Planned");
      await slider.press("PageUp");
      await expect.poll(() => stateOf(page, "Architecture")).not.toBe("Planned");
      await expect.poll(async () => (await slider.getAttribute("aria-valuetext")) ?? "").toContain("Architecture");
      // Each press is one boundary of a step further.
      while ((await stateOf(page, "Refinement 1")) === "Planned") await slider.press("PageUp");
      while ((await stateOf(page, "Refinement 1")) !== "Planned") {
        await page.getByRole("button", { name: "One event back" }).click();
      }
      await page.getByRole("button", { name: "One event on" }).click();
      await expect.poll(() => stateOf(page, "Refinement 1")).toBe("Running");
      const at = (await page.getByText(/^Event #\d+,/).innerText()).replace(/^Event #(\d+),.*$/, "$1");
      await expect.poll(() => atOf(page)).toBe(Number(at));
      const states = await railOf(page);
      expect(states.some((state) => state.includes("Planned"))).toBe(true);

      await page.reload();
      await page.getByText(`Event #${at},`).waitFor();
      expect(await railOf(page)).toEqual(states);
      const second = await scene.browser.open(page.url());
      await second.page.getByText(`Event #${at},`).waitFor();
      expect(await railOf(second.page)).toEqual(states);
      expect(complaints).toEqual([]);
    },
  );

  test(
    "a live run is looked back at while it goes on; steering says why not; back to live shows what came",
    { timeout: 60_000 },
    async () => {
      const { runId } = await scene.server.engine.start({ task: "build it" });
      const { page, complaints } = await scene.browser.open(`${scene.server.url}/runs/${runId}`);
      const call = await reach(scene.model, "implementation");
      call.write("First half. ");
      await page.getByText("First half.").waitFor();
      const slider = page.getByRole("slider", { name: "Moment of the run that is shown" });
      await slider.focus();
      await slider.press("PageDown");
      await page.getByText("This is a replay.").waitFor();
      await expect.poll(() => stateOf(page, "Implementation")).not.toBe("Finished");
      await slider.press("Home");
      await expect.poll(() => stateOf(page, "Implementation")).toBe("Planned");
      call.write("Second half.");
      await expect
        .poll(async () => (await scene.server.engine.get(runId)).steps.at(-1)?.output)
        .toContain("Second half.");
      expect(await stateOf(page, "Implementation")).toBe("Planned");
      expect(await page.getByText("Second half.").count()).toBe(0);

      await slider.blur();
      await page.keyboard.press("p");
      await page.getByText("Pause or resume: not now, this is a replay").waitFor();
      expect((await scene.server.engine.get(runId)).paused).toBe(false);

      await page.getByRole("button", { name: "Back to live" }).press("Enter");
      await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toBe("scrubber-play");
      await page.getByText("First half. Second half.").waitFor();
      await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
      call.end();
      scene.model.answer(answerOf);
      await page.locator(".pulse").getByText("finished in").waitFor();
      expect(complaints).toEqual([]);
    },
  );

  test("an address from nowhere is brought into range, and nonsense is the run as it is", async () => {
    const url = await finishedRun();
    const { page } = await scene.browser.open(`${url}?at=99999`);
    await page.getByText(`Event #${(await scene.server.engine.get(runIdOf(page))).seq},`).waitFor();
    await page.goto(`${url}?at=-3`);
    await page.getByRole("heading", { name: "Documentation" }).waitFor();
    expect(await page.getByText("This is a replay.").count()).toBe(0);
  });

  test("on a phone the slider is dragged, and the way back is in reach", async () => {
    const { page } = await scene.browser.open(await finishedRun(), { viewport: { width: 375, height: 780 } });
    const slider = page.getByRole("slider", { name: "Moment of the run that is shown" });
    // It is loaded later, and moves what stands below.
    await page.getByText("since the").waitFor();
    // At the end of the page nothing lies over it.
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    const box = await slider.boundingBox();
    if (!box) throw new Error("the slider has no place on the page");
    await page.mouse.move(box.x + box.width - 8, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 10 });
    await page.mouse.up();
    await page.getByText("This is a replay.").waitFor();
    await expect.poll(() => atOf(page)).toBeGreaterThan(1);
    expect(await sidewaysScroll(page)).toBe(0);
    await page.getByRole("button", { name: "To the end", exact: true }).click();
    await page.getByText("This is a replay.").waitFor({ state: "detached" });
  });
});

function atOf(page: Page): number {
  return Number(new URL(page.url()).searchParams.get("at"));
}

/** The frame of a run's end as two, the first of which has one event; `undefined` for any other message. */
function cutEnd(message: string): [string, string] | undefined {
  if (!message.includes('"type":"run_complete"')) return undefined;
  const { id, result } = JSON.parse(message) as {
    id: number;
    result: { type: "data"; data: { data: { seq: number }[] } };
  };
  const { data: events } = result.data;
  const part = (data: { seq: number }[]) => {
    const cursor = `1-${data.at(-1)?.seq}`;
    return JSON.stringify({ id, result: { type: "data", id: cursor, data: { id: cursor, data } } });
  };
  return [part(events.slice(0, 1)), part(events.slice(1))];
}

function runIdOf(page: Page): string {
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

async function stateOf(page: Page, step: string): Promise<string> {
  const note = page
    .getByRole("navigation", { name: "Stages" })
    .getByRole("button", { name: new RegExp(`^${step}(?! \\d)`) });
  return (await note.locator(".rail-note").innerText()).split(" · ", 1)[0] ?? "";
}

function railOf(page: Page): Promise<string[]> {
  return page.getByRole("navigation", { name: "Stages" }).getByRole("button").allInnerTexts();
}
