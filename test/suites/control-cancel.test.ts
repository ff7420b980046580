import type { Ack } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { bring, type MomentName } from "../support/moments.js";
import { endings, is, isEnd, isToken, of, openScene } from "../support/scene.js";
import type { Recording } from "../support/trpc.js";

/** The ack's control event, and nothing that must not follow it. */
function expectCancelled(seen: Recording, ack: Ack, outcome: "applied" | "scheduled"): void {
  const control = seen.events.find(({ seq }) => seq === ack.seq);
  expect(ack.outcome).toBe(outcome);
  expect(control).toMatchObject({
    type: "control",
    commandId: ack.commandId,
    outcome,
    command: { type: "cancel" },
    by: "local",
  });
  expect(seen.events.at(-1)).toMatchObject({ type: "run_complete", outcome: "cancelled" });
  expect(seen.events.at(-1)).not.toHaveProperty("output");
  if (outcome === "scheduled") return;
  expect(seen.events.filter(({ seq }) => seq > (ack.seq ?? 0)).some(isToken)).toBe(false);
}

const RUNNING: readonly MomentName[] = [
  "architecture",
  "architecture, mid-stream",
  "review 0",
  "refinement 1, before the first token",
  "refinement 1, mid-stream",
  "review 1, mid-stream",
  "documentation, mid-stream",
];

describe("cancel now", () => {
  test.each(RUNNING)("at %s: closes the model's connection and ends the run for every watcher", async (moment) => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, moment);
    const others = [scene.client.watch(runId), scene.client.watch(runId, { detail: "stages" })];
    await Promise.all(others.map((other) => other.until(is("run_start"))));
    const ack = await scene.client.control(runId, { type: "cancel", when: "now", reason: "enough" });
    await call?.closed;
    call?.write("too late");
    await Promise.all([seen, ...others].map((watcher) => watcher.ended));
    for (const watcher of [seen, ...others]) expectCancelled(watcher, ack, "applied");

    const calls = scene.model.calls.length;
    const [stage] = of(seen.events, "stage_complete").slice(-1);
    expect(stage).toMatchObject({ outcome: "cancelled", output: moment.endsWith("mid-stream") ? "partial " : "" });
    expect(stage?.usage.estimated).toBe(true);
    expect(await scene.client.trpc.runs.get.query({ runId })).toMatchObject({ status: "cancelled" });
    expect(scene.model.calls).toHaveLength(calls);
  });

  test.each(["queued", "paused", "while a retry waits"] as const)("%s: ends the run at once", async (moment) => {
    await using scene = await openScene({ maxConcurrentRuns: 1 });
    const { runId, seen, release } = await bring(scene, moment);
    const before = scene.model.calls.length;
    const ack = await scene.client.control(runId, { type: "cancel", when: "now" });
    await seen.ended;
    expectCancelled(seen, ack, "applied");
    expect(endings(seen.events)).toEqual(
      { queued: [], paused: ["architecture 0 completed"], "while a retry waits": ["architecture 0 cancelled"] }[moment],
    );
    await release?.();
    const next = await scene.start();
    await scene.model.next();
    expect(scene.model.calls).toHaveLength(before + 1);
    await scene.client.control(next.runId, { type: "cancel", when: "now" });
  });

  test("the connection is closed by the time the ack is there, usually within 100 ms of the call", async () => {
    await using scene = await openScene();
    const tookMs: number[] = [];
    for (let n = 0; n < 15; n++) {
      const { runId, call } = await bring(scene, "architecture, mid-stream");
      const askedAt = performance.now();
      await scene.client.control(runId, { type: "cancel", when: "now" });
      tookMs.push(((await call?.closed) ?? Infinity) - askedAt);
    }
    expect(tookMs.toSorted((a, b) => a - b)[7]).toBeLessThan(100);
  });

  test("around the end of a step, whatever comes first", async () => {
    await using scene = await openScene();
    for (let turns = 0; turns < 14; turns++) {
      const { runId, seen, call } = await bring(scene, "architecture, mid-stream");
      call?.end();
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      const ack = await scene.server.engine.control(
        { commandId: `at-${turns}`, runId, command: { type: "cancel", when: "now" } },
        "local",
      );
      await seen.ended;
      expectCancelled(seen, ack, "applied");
      expect(endings(seen.events)[0]).toMatch(/^architecture 0 (completed|cancelled)$/);
      expect(of(seen.events, "run_complete")).toHaveLength(1);
      const taken = scene.model.calls.length;
      expect(taken).toBeLessThanOrEqual(2 * (turns + 1));
      await drain(scene.model);
    }
  });
});

/** Takes calls that were made and not looked at. */
async function drain(model: { calls: readonly unknown[]; waiting: number; next(): Promise<unknown> }): Promise<void> {
  while (model.waiting > 0) await model.next();
}

describe("cancel after the stage", () => {
  test.each([...RUNNING, "while a retry waits"] as const)(
    "at %s: the stage ends well, then the run",
    async (moment) => {
      await using scene = await openScene();
      const { runId, seen, call } = await bring(scene, moment);
      const ack = await scene.client.control(runId, { type: "cancel", when: "after_stage" });
      expect(await scene.client.control(runId, { type: "cancel", when: "after_stage" })).toMatchObject({
        outcome: "rejected",
        reason: "already_cancelling",
      });
      const open = call ?? (await scene.model.next());
      open.write("the rest");
      open.end();
      await seen.ended;
      expectCancelled(seen, ack, "scheduled");
      const stage = of(seen.events, "stage_complete").at(-1);
      expect(stage?.outcome).toBe("completed");
      expect(stage?.output).toMatch(/the rest$/);
      expect(scene.model.calls.at(-1)).toBe(open);
    },
  );

  test.each(["queued", "paused"] as const)("%s: no stage runs, so it is now", async (moment) => {
    await using scene = await openScene({ maxConcurrentRuns: 1 });
    const { runId, seen } = await bring(scene, moment);
    const ack = await scene.client.control(runId, { type: "cancel", when: "after_stage" });
    await seen.ended;
    expectCancelled(seen, ack, "applied");
  });

  test("is overtaken by a cancel now", async () => {
    await using scene = await openScene();
    const { runId, seen, call } = await bring(scene, "implementation, mid-stream");
    await scene.client.control(runId, { type: "cancel", when: "after_stage" });
    const ack = await scene.client.control(runId, { type: "cancel", when: "now" });
    await call?.closed;
    await seen.until(isEnd);
    expectCancelled(seen, ack, "applied");
    expect(endings(seen.events)).toEqual(["architecture 0 completed", "implementation 0 cancelled"]);
  });
});

test("cancelling a closed run is rejected, both ways, and leaves its log alone", async () => {
  await using scene = await openScene();
  const { runId, seen } = await bring(scene, "closed");
  const { seq } = await scene.client.trpc.runs.get.query({ runId });
  for (const when of ["now", "after_stage"] as const) {
    const ack = await scene.client.control(runId, { type: "cancel", when }, `late-${when}`);
    expect(ack).toEqual({ commandId: `late-${when}`, outcome: "rejected", reason: "run_closed" });
  }
  expect((await scene.client.trpc.runs.get.query({ runId })).seq).toBe(seq);
  expect(of(seen.events, "run_complete")).toHaveLength(1);
});
