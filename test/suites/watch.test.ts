import { parseCursor } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { bring } from "../support/moments.js";
import { answerOf, expectContinuity, fold, is, isEnd, isToken, of, openScene, type Scene } from "../support/scene.js";

/** A finished run with a retry-free log of every kind of event. */
async function finished(scene: Scene) {
  const { runId, seen, call } = await bring(scene, "refinement 1, mid-stream");
  await scene.client.control(runId, { type: "guide", text: "shorter" });
  await scene.client.control(runId, { type: "skip", target: "iteration", when: "now" });
  await call?.closed;
  scene.model.answer(answerOf);
  await seen.ended;
  return { runId, seen, view: await scene.client.trpc.runs.get.query({ runId }) };
}

describe("watching", () => {
  test("from the start shows every event, continues without a gap, and folds to what runs.get says", async () => {
    await using scene = await openScene();
    const { seen, view } = await finished(scene);
    expectContinuity(seen.events);
    expect(seen.events.every(({ from }) => from === undefined)).toBe(true);
    expect(fold(seen.events)).toEqual(view);
    expect(parseCursor(seen.cursors.at(-1) ?? "")?.seq).toBe(view.seq);
  });

  test("late is compacted: no tokens of finished stages, at most one progress, the same view", async () => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, "implementation, mid-stream");
    for (let n = 0; n < 5; n++) {
      call?.write(`${n} `);
      await seen.until((event) => event.type === "token" && event.text.includes(`${n} `));
    }
    const late = scene.client.watch(runId);
    await late.until(is("token"));
    expect(of(late.events, "token").map(({ stage, text }) => ({ stage, text }))).toEqual([
      { stage: "implementation", text: "partial 0 1 2 3 4 " },
    ]);
    expect(of(late.events, "progress").length).toBeLessThanOrEqual(2);
    expect(late.events.length).toBeLessThan(seen.events.length);
    call?.end();
    scene.model.answer(answerOf);
    await Promise.all([late.ended, seen.ended]);
    expectContinuity(late.events);
    expect(fold(late.events)).toEqual(fold(seen.events));
  });

  test("resumed at every event there is: exactly the rest", async () => {
    await using scene = await openScene();
    const { runId, seen, view } = await finished(scene);
    expect(seen.events.length).toBeGreaterThan(30);
    const epoch = parseCursor(seen.cursors[0] ?? "")?.epoch ?? 0;
    for (const { seq } of seen.events) {
      const rest = scene.client.watch(runId, { lastEventId: `${epoch}-${seq}` });
      await rest.ended;
      expectContinuity(rest.events, seq);
      expect(fold(rest.events, fold(seen.events.slice(0, seq)))).toEqual(view);
      if (seq === view.seq) expect(rest.events).toEqual([]);
      else expect(rest.events.at(-1)).toMatchObject({ type: "run_complete", seq: view.seq });
    }
    const all = scene.client.watch(runId, { lastEventId: "0-0" });
    await all.ended;
    expect(fold(all.events)).toEqual(view);
  });

  test("resumed in the middle of a living run, from every position it had", async () => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, "review 1, mid-stream");
    const sofar = [...seen.events];
    const epoch = parseCursor(seen.cursors[0] ?? "")?.epoch ?? 0;
    const resumed = sofar.map(({ seq }) => ({
      seq,
      watcher: scene.client.watch(runId, { lastEventId: `${epoch}-${seq}` }),
    }));
    call?.write("then");
    await Promise.all(
      resumed.map(({ watcher }) => watcher.until((event) => isToken(event) && event.seq > sofar.length)),
    );
    await scene.client.control(runId, { type: "cancel", when: "now" });
    await Promise.all([seen.ended, ...resumed.map(({ watcher }) => watcher.ended)]);
    const view = await scene.client.trpc.runs.get.query({ runId });
    for (const { seq, watcher } of resumed) {
      expectContinuity(watcher.events, seq);
      expect(fold(watcher.events, fold(sofar.slice(0, seq)))).toEqual(view);
    }
  });

  test('with detail "stages" there are no tokens, and everything else folds the same', async () => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, "architecture, mid-stream");
    const stages = scene.client.watch(runId, { detail: "stages" });
    await stages.until(is("stage_start"));
    for (let n = 0; n < 5; n++) {
      call?.write(`${n}`);
      await seen.until((event) => event.type === "token" && event.text.includes(`${n}`));
    }
    call?.end();
    scene.model.answer(answerOf);
    await Promise.all([stages.ended, seen.ended]);
    expect(stages.events.some(isToken)).toBe(false);
    expectContinuity(stages.events);
    expect(fold(stages.events)).toEqual(fold(seen.events));
    const late = scene.client.watch(runId, { detail: "stages", lastEventId: stages.cursors[2] ?? "" });
    await late.ended;
    expectContinuity(late.events, parseCursor(stages.cursors[2] ?? "")?.seq);
  });

  test("ten watchers that join at different times end with the same view", async () => {
    await using scene = await openScene();
    const { runId, seen } = await scene.start();
    const watchers = [seen];
    for (let n = 0; n < 9; n++) {
      const call = await scene.model.next();
      call.write(`first of ${n} `);
      await seen.until((event) => event.type === "token" && event.text.includes(`first of ${n} `));
      watchers.push(scene.client.watch(runId, n % 3 === 0 ? { detail: "stages" } : {}));
      call.write(answerOf(call));
      call.end();
    }
    scene.model.answer(answerOf);
    await Promise.all(watchers.map((watcher) => watcher.ended));
    const view = await scene.client.trpc.runs.get.query({ runId });
    for (const watcher of watchers) {
      expectContinuity(watcher.events);
      expect(fold(watcher.events)).toEqual(view);
    }
  });

  test("watchers that leave disturb nobody", async () => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, "architecture, mid-stream");
    const leaving = Array.from({ length: 5 }, () => scene.client.watch(runId));
    await Promise.all(leaving.map((watcher) => watcher.until(isToken)));
    leaving.slice(1).forEach((watcher) => watcher.stop());
    call?.write("more");
    await seen.until((event) => event.type === "token" && event.text === "more");
    await leaving[0]?.until((event) => event.type === "token" && event.text === "more");
    leaving[0]?.stop();
    call?.end();
    scene.model.answer(answerOf);
    expect(await seen.until(isEnd)).toMatchObject({ outcome: "completed" });
    expectContinuity(seen.events);
  });
});

describe("a cursor that can't be served", () => {
  test.each([
    ["malformed", "yesterday"],
    ["beyond the head", "1-999999"],
    ["of another epoch", "7-3"],
    ["of no epoch", "0-3"],
    ["with a sign", "1--3"],
  ])("%s: is an error that names it, never silence", async (_, lastEventId) => {
    await using scene = await openScene();
    const { runId } = await bring(scene, "architecture, mid-stream");
    const watcher = scene.client.watch(runId, { lastEventId });
    await expect(watcher.ended).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^CURSOR_UNRECOVERABLE: .*${lastEventId}`)) as string,
      data: { reason: "CURSOR_UNRECOVERABLE" },
    });
    expect(watcher.events).toEqual([]);
  });

  test("an unknown run is told as such", async () => {
    await using scene = await openScene();
    await expect(scene.client.watch("nobody").ended).rejects.toMatchObject({ data: { reason: "RUN_NOT_FOUND" } });
  });
});
