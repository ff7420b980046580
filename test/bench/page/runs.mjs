import { percentile, wait } from "../stats.mjs";
import { probeRuns, scrollDown, takeRunNotes } from "./runs-probe.mjs";

/** How many ended runs the log holds. */
export const ENDED_RUNS = 10_000;
const LIVE_RUNS = 8;
const ROUNDS = 3;
/** Each narrows what is shown, so that the page says another number of runs. */
const TYPED = "4321";
const FRAME_MS = 1_000 / 60;
const most = (values) => Math.max(0, ...values);

/** The list of 10,000 ended runs and a few that go on: opened, loaded to its end, scrolled, searched, and watched. */
export async function runs({ server, answers, open }) {
  const notes = {
    opened: [],
    loaded: [],
    opening: [],
    loading: [],
    scrolling: [],
    frames: [],
    typing: [],
    watching: [],
  };
  const [keystrokes, statuses, appeared, updates, heaps] = [[], [], [], [], []];
  const start = (task, tokens) => {
    answers.push({ tokens: Array.from({ length: tokens }, (_, n) => `word${n} `), rate: 50 });
    return server.engine.start({ task, options: { maxRefinements: 0 } });
  };
  for (let n = 0; n < LIVE_RUNS; n++) await start(`a run that goes on ${n}`, 100_000);
  for (let round = 0; round < ROUNDS; round++) {
    const { page, cdp, close } = await open(probeRuns);
    const longest = async (into) => into.push(most((await page.evaluate(takeRunNotes)).longTasks));
    await page.goto(`${server.url}/runs`);
    notes.opened.push(await (await page.waitForFunction(() => window.benchRuns.firstRowsAt)).jsonValue());
    await wait(3_000);
    await longest(notes.opening);

    // To sort them takes all runs.
    const askedAt = performance.now();
    await page.getByRole("button", { name: "Cost" }).click();
    const all = () => /^10,\d\d\d runs$/.test(document.querySelector(".runs-count")?.textContent ?? "");
    await page.waitForFunction(all, undefined, { polling: 100 });
    notes.loaded.push(performance.now() - askedAt);
    await page.getByRole("button", { name: "When" }).click();
    await wait(1_000);
    await longest(notes.loading);

    const frames = await page.evaluate(scrollDown, 4_000);
    notes.frames.push(...frames);
    await longest(notes.scrolling);

    await page.evaluate(() => window.scrollTo(0, 0));
    await wait(500);
    await page.getByRole("searchbox").focus();
    await page.evaluate(takeRunNotes);
    for (const key of [...TYPED, ...Array(TYPED.length).fill("Backspace")]) {
      await page.keyboard.press(key);
      await wait(400);
    }
    const typed = await page.evaluate(takeRunNotes);
    keystrokes.push(...typed.answered);
    notes.typing.push(most(typed.longTasks));
    for (const status of ["failed", ""]) {
      await page.getByLabel("Status").selectOption(status);
      await wait(600);
    }
    statuses.push(...(await page.evaluate(takeRunNotes)).answered);

    for (let n = 0; n < 5; n++) {
      const task = `appears ${round}.${n}`;
      const startedAt = Date.now();
      await start(task, 20);
      const shown = (title) => window.benchRuns.shownAt[title];
      appeared.push((await (await page.waitForFunction(shown, task)).jsonValue()) - startedAt);
    }
    await page.evaluate(takeRunNotes);
    await wait(5_000);
    const watched = await page.evaluate(takeRunNotes);
    updates.push(watched.commits / 5);
    notes.watching.push(most(watched.longTasks));
    await cdp.send("HeapProfiler.collectGarbage");
    heaps.push((await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6);
    await close();
  }
  const figure = (what, values) => ({
    what,
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    max: most(values),
    count: values.length,
  });
  const dropped = notes.frames.reduce((sum, ms) => sum + Math.max(0, Math.round(ms / FRAME_MS) - 1), 0);
  const longTasks = ["opening", "loading", "scrolling", "typing", "watching"];
  const floor = (what, value, limit) => ({ what, value, limit, unit: " ms" });
  return {
    title: `The list of ${ENDED_RUNS.toLocaleString("en")} ended runs and ${LIVE_RUNS} that go on`,
    columns: { what: "", p50: "p50", p95: "p95", max: "max", count: "count" },
    rows: [
      figure("page load to first rows, ms", notes.opened),
      figure("all runs loaded, ms", notes.loaded),
      figure("frame while scrolling, ms", notes.frames),
      figure("keystroke in the search to the frame that shows it, ms", keystrokes),
      figure("status chosen to the frame that shows it, ms", statuses),
      figure("run started to its row, ms", appeared),
      figure("updates of the list a second, from runs that go on", updates),
      ...longTasks.map((what) => figure(`longest task while ${what}, ms`, notes[what])),
      figure("heap after collection, MB", heaps),
    ],
    floors: [
      ...longTasks.map((what) => floor(`longest task while ${what}, median`, percentile(notes[what], 0.5), 80)),
      floor("keystroke to the frame that shows it, p95", percentile(keystrokes, 0.95), 100),
      floor("frame while scrolling, p95", percentile(notes.frames, 0.95), 20),
    ],
    notes: [`${dropped} frames were dropped of ${notes.frames.length + dropped} while scrolling`],
  };
}
