import { expect, test } from "vitest";
import { is, isEnd, of, openScene, promptOf, verdict } from "../support/scene.js";

/** The task that a call is about. */
function taskOf(prompt: string): string | undefined {
  return /<task>\n(.*)\n<\/task>/.exec(prompt)?.[1];
}

test("runs beyond the limit wait in order of arrival, and say their position", async () => {
  await using scene = await openScene({ maxConcurrentRuns: 1 });
  const first = await scene.start({}, "first");
  const held = await scene.reach("architecture");
  const second = await scene.start({}, "second");
  await second.seen.until(is("progress", { phase: "queued", queuePosition: 1 }));
  const third = await scene.start({}, "third");
  await third.seen.until(is("progress", { phase: "queued", queuePosition: 2 }));
  expect(await scene.client.trpc.runs.get.query({ runId: third.runId })).toMatchObject({ status: "queued" });
  expect(scene.model.calls).toHaveLength(1);

  await scene.client.control(first.runId, { type: "cancel", when: "now" });
  await held.closed;
  const next = await scene.model.next();
  expect(taskOf(promptOf(next))).toBe("second");
  await third.seen.until(is("progress", { phase: "queued", queuePosition: 1 }));
  await scene.client.control(second.runId, { type: "cancel", when: "now" });
  expect(taskOf(promptOf(await scene.model.next()))).toBe("third");
});

test("runs of low priority get a place only while no other run waits for one, and in order of arrival", async () => {
  await using scene = await openScene({ maxConcurrentRuns: 1 });
  const first = await scene.start({ priority: "low" }, "first");
  const held = await scene.reach("architecture");
  const queued = new Map<string, Awaited<ReturnType<typeof scene.start>>>();
  for (const [task, priority] of [
    ["low 1", "low"],
    ["normal 1", "normal"],
    ["low 2", "low"],
    ["normal 2", undefined],
  ] as const) {
    const run = await scene.start(priority ? { priority } : {}, task);
    await run.seen.until(is("progress", { phase: "queued" }));
    queued.set(task, run);
  }
  const order = ["normal 1", "normal 2", "low 1", "low 2"];
  for (const [index, task] of order.entries()) {
    await queued.get(task)?.seen.until(is("progress", { queuePosition: index + 1 }));
  }
  // One that has its place keeps it.
  expect(scene.model.calls).toHaveLength(1);
  await scene.client.control(first.runId, { type: "cancel", when: "now" });
  await held.closed;
  for (const task of order) {
    expect(taskOf(promptOf(await scene.model.next()))).toBe(task);
    await scene.client.control(queued.get(task)?.runId ?? "", { type: "cancel", when: "now" });
  }
});

test("cancelling a queued run moves the others up and frees no place that is taken", async () => {
  await using scene = await openScene({ maxConcurrentRuns: 2 });
  const held = [await scene.start({}, "a"), await scene.start({}, "b")];
  await Promise.all([scene.model.next(), scene.model.next()]);
  const queued = [];
  for (const task of ["c", "d", "e"]) {
    const run = await scene.start({}, task);
    await run.seen.until(is("progress", { phase: "queued" }));
    queued.push(run);
  }
  const [c, d, e] = queued;
  expect(await scene.client.control(c?.runId ?? "", { type: "cancel", when: "now" })).toMatchObject({
    outcome: "applied",
  });
  await c?.seen.until(isEnd);
  await d?.seen.until(is("progress", { queuePosition: 1 }));
  await e?.seen.until(is("progress", { queuePosition: 2 }));
  expect(scene.model.calls).toHaveLength(2);

  await scene.client.control(held[0]?.runId ?? "", { type: "cancel", when: "now" });
  expect(taskOf(promptOf(await scene.model.next()))).toBe("d");
  await e?.seen.until(is("progress", { queuePosition: 1 }));
  expect(scene.model.calls).toHaveLength(3);
  expect(of(c?.seen.events ?? [], "stage_start")).toEqual([]);
});

test("a run that is paused in the queue does not run when its turn comes, until it is resumed", async () => {
  await using scene = await openScene({ maxConcurrentRuns: 1 });
  const first = await scene.start({}, "first");
  await scene.model.next();
  const second = await scene.start({}, "second");
  await second.seen.until(is("progress", { phase: "queued" }));
  expect(await scene.client.control(second.runId, { type: "pause" })).toMatchObject({ outcome: "applied" });
  const third = await scene.start({}, "third");
  await third.seen.until(is("progress", { phase: "queued" }));
  await scene.client.control(first.runId, { type: "cancel", when: "now" });
  expect(taskOf(promptOf(await scene.model.next()))).toBe("third");
  await second.seen.until(is("progress", { phase: "paused" }));
  await scene.client.control(second.runId, { type: "resume" });
  await second.seen.until((event) => is("progress", { phase: "queued", queuePosition: 1 })(event) && event.seq > 5);
  await scene.client.control(third.runId, { type: "cancel", when: "now" });
  expect(taskOf(promptOf(await scene.model.next()))).toBe("second");
});

test("thirty runs over three places all finish, never more than three at once", async () => {
  await using scene = await openScene({ maxConcurrentRuns: 3 });
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  scene.model.answer(() => verdict(true));
  const runs = await Promise.all(Array.from({ length: 30 }, () => scene.start()));
  await Promise.all(runs.map(({ seen }) => seen.ended));
  process.off("warning", warn);
  expect(warnings).toEqual([]);
  const spans = runs.map(({ seen }) => ({
    outcome: of(seen.events, "run_complete")[0]?.outcome,
    begin: of(seen.events, "stage_start")[0]?.at ?? 0,
    end: of(seen.events, "stage_complete").at(-1)?.at ?? 0,
  }));
  expect(spans.every(({ outcome }) => outcome === "completed")).toBe(true);
  for (const { begin } of spans) {
    expect(spans.filter((other) => other.begin < begin && begin < other.end).length).toBeLessThan(3);
  }
});
