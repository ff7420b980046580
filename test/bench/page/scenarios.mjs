import { createReplay } from "../../../client/sdk/dist/replay/replay.js";
import { percentile, wait } from "../stats.mjs";
import { longTasksSince, probe, takeNotes } from "./probe.mjs";
import { markdown, markedTokens } from "./text.mjs";

const UNITS = 30_000;
const RATE = 100;
const most = (values) => Math.max(0, ...values);
const STOPPED = { maxRefinements: 0 };

/** 100 tokens a second, to the end of 30 kB. */
export async function streaming({ server, answers, open }) {
  const { tokens, markers } = markedTokens(markdown(UNITS));
  const written = [];
  answers.push({ tokens, rate: RATE, onToken: (index, at) => (written[index] = at) });
  const { runId } = await server.engine.start({ task: "stream", options: STOPPED });
  const { page, close } = await open(probe);
  await page.goto(`${server.url}/runs/${runId}?stage=architecture`);
  await page.locator(".prose").waitFor();
  await wait(2_000);
  await page.evaluate(takeNotes);
  await wait((tokens.length / RATE) * 1_000 - 8_000);
  const notes = await page.evaluate(takeNotes);
  await close();
  const wholeWay = notes.shownAt.flatMap((at, number) => (at === null ? [] : [at - written[markers[number]]]));
  const figure = (what, values) => ({
    what,
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    max: most(values),
    count: values.length,
  });
  return {
    title: `Text that streams: ${RATE} tokens/s, ${UNITS / 1_000} kB of markdown`,
    columns: { what: "", p50: "p50 ms", p95: "p95 ms", max: "max ms", count: "count" },
    rows: [
      figure("message to commit", notes.delays),
      figure("model's write to commit", wholeWay),
      figure("long tasks", notes.longTasks),
    ],
    floors: [
      { what: "token to commit, p95", value: percentile(notes.delays, 0.95), limit: 50, unit: " ms" },
      { what: "longest task", value: most(notes.longTasks), limit: 50, unit: " ms" },
      // Below the limit is good: frames that are missing of 60 a second.
      { what: `frames missing a second (${notes.fps.toFixed(1)} came)`, value: 60 - notes.fps, limit: 5, unit: "" },
    ],
  };
}

/** A finished run of 30 kB: by its address, and from the list. */
export async function reopening({ server, answers, openBare }) {
  const text = `${markdown(UNITS)}\n\nThe last words.\n`;
  answers.push({ tokens: [text] });
  const { runId } = await server.engine.start({ task: "reopen", options: STOPPED });
  await ended(server, runId);
  const rows = [];
  for (let round = 1; round <= 5; round++) {
    const { goto, evaluate, until, close } = await openBare();
    const path = `/runs/${runId}?stage=architecture`;
    await goto(server.url + path);
    await until(lastWordsThere);
    await wait(2_000);
    const byAddress = await evaluate(longTasksSince, 0);
    await evaluate(() => document.querySelector('nav a[href="/runs"]').click());
    await until((to) => document.querySelector(`a[href^="${to}"]`) !== null, `/runs/${runId}`);
    await wait(1_000);
    const leftAt = await evaluate(() => performance.now());
    await evaluate((to) => history.pushState(null, "", to), path);
    await until(lastWordsThere);
    await wait(2_000);
    const within = await evaluate(longTasksSince, leftAt);
    await close();
    rows.push({ round: `round ${round}`, byAddress: most(byAddress), within: most(within) });
  }
  return {
    title: `A finished run of ${UNITS / 1_000} kB is opened again: longest task`,
    columns: { round: "", byAddress: "page load ms", within: "from the list ms" },
    rows,
    floors: [
      {
        what: "page load, median",
        value: percentile(
          rows.map((row) => row.byAddress),
          0.5,
        ),
        limit: 80,
        unit: " ms",
      },
      {
        what: "from the list, median",
        value: percentile(
          rows.map((row) => row.within),
          0.5,
        ),
        limit: 80,
        unit: " ms",
      },
    ],
  };
}

/** A log of 10,000 events is looked at from its end and from its middle, in Node, which is not slowed down. */
export async function replaying() {
  const rows = [];
  for (let round = 1; round <= 5; round++) {
    const events = manyEvents(10_000);
    const startedAt = performance.now();
    const replay = createReplay(events);
    replay.viewAt(replay.lastSeq);
    const atEnd = performance.now();
    for (let seq = 1; seq <= 10_000; seq += 500) replay.viewAt(seq);
    rows.push({ round: `round ${round}`, end: atEnd - startedAt, jumps: (performance.now() - atEnd) / 20 });
  }
  return {
    title: "10,000 events replayed, in Node at full speed",
    columns: { round: "", end: "folded to the end ms", jumps: "one jump ms" },
    rows,
    floors: [{ what: "folded to the end, slowest", value: most(rows.map(({ end }) => end)), limit: 300, unit: " ms" }],
  };
}

function manyEvents(count) {
  const step = { runId: "bench", stage: "architecture", iteration: 0, attempt: 1 };
  const pipeline = { id: "build", title: "Build", stages: [{ id: "architecture", title: "Architecture" }] };
  const events = [
    { runId: "bench", seq: 1, at: 1_000, type: "run_start", task: "replay", pipeline, options: {} },
    { ...step, seq: 2, at: 1_001, type: "stage_start", model: "bench", cause: "next" },
  ];
  for (let offset = 0; events.length < count; offset += 4) {
    const seq = events.length + 1;
    events.push({ ...step, seq, at: 1_000 + seq * 10, type: "token", channel: "output", offset, text: "abc " });
  }
  return events;
}

/** A run of 300 kB whose stream takes minutes. */
export async function heap({ server, answers, open, minutes }) {
  const tokens = markdown(300_000).match(/[^]{1,4}/g);
  answers.push({ tokens: [...tokens, "\n\nThe last words.\n"], rate: tokens.length / (minutes * 60) });
  const { runId } = await server.engine.start({ task: "heap", options: STOPPED });
  const { page, cdp, close } = await open();
  await page.goto(`${server.url}/runs/${runId}?stage=architecture`);
  await page.locator(".prose").waitFor();
  const until = performance.now() + minutes * 60_000;
  const used = async () => (await cdp.send("Runtime.getHeapUsage")).usedSize / 1e6;
  const peaks = [];
  const rows = [];
  while (performance.now() < until) {
    for (let n = 0; n < 10; n++) {
      await wait((minutes * 60_000) / 100);
      peaks.push(await used());
    }
    const peak = most(peaks.slice(-10));
    await cdp.send("HeapProfiler.collectGarbage");
    const units = await page.evaluate(() => document.querySelector(".prose")?.textContent?.length ?? 0);
    rows.push({ at: `${((rows.length + 1) * minutes) / 10} min`, units, peak, kept: await used() });
  }
  await page.getByText("The last words.").waitFor();
  await cdp.send("HeapProfiler.collectGarbage");
  const kept = await used();
  await close();
  return {
    title: `A run of 300 kB that streams for ${minutes} minutes: JavaScript heap`,
    columns: { at: "", units: "characters", peak: "peak MB", kept: "after collection MB" },
    rows: [...rows, { at: "end", peak: most(peaks), kept }],
    floors: [
      { what: "heap at its peak", value: most(peaks), limit: 80, unit: " MB" },
      { what: "heap kept at the end", value: kept, limit: 80, unit: " MB" },
    ],
  };
}

/** In the page: true once it shows the end of the text. */
function lastWordsThere() {
  return [...document.querySelectorAll(".block")].at(-1)?.textContent.includes("The last words.") === true;
}

async function ended(server, runId) {
  while (!["completed", "cancelled", "failed"].includes((await server.engine.get(runId))?.status)) await wait(50);
}
