import { StagewireError } from "@stagewire/shared";
import { expect, test } from "vitest";
import { openBareEngine } from "../support/engine.js";
import { bring } from "../support/moments.js";
import { endings, is, isEnd, of, openScene } from "../support/scene.js";

test("the same command id twice acts once and gives the same ack, at the same time or later", async () => {
  await using scene = await openScene();
  const { runId, seen } = await bring(scene, "refinement 1, mid-stream");
  const skip = () => scene.client.control(runId, { type: "skip", target: "iteration", when: "now" }, "only-once");
  const [first, ...others] = await Promise.all([skip(), skip(), skip()]);
  expect(first).toMatchObject({ commandId: "only-once", outcome: "applied" });
  for (const other of [...others, await skip()]) expect(other).toEqual(first);

  const next = await scene.reach("refinement", 2);
  expect(await skip()).toEqual(first);
  expect(of(seen.events, "control")).toHaveLength(1);
  const cancel = () => scene.client.control(runId, { type: "cancel", when: "now" }, "end");
  const ack = await cancel();
  await next.closed;
  await seen.until(isEnd);
  expect(await cancel()).toEqual(ack);
  expect(await skip()).toEqual(first);
  expect(endings(seen.events).slice(3)).toEqual(["refinement 1 skipped", "refinement 2 cancelled"]);
});

test("a rejection is remembered too", async () => {
  await using scene = await openScene();
  const { runId, seen, call } = await bring(scene, "architecture");
  const resume = () => scene.client.control(runId, { type: "resume" }, "again");
  const first = await resume();
  expect(first).toMatchObject({ outcome: "rejected", reason: "not_paused" });
  await scene.client.control(runId, { type: "pause" });
  expect(await resume()).toEqual(first);
  await scene.client.control(runId, { type: "resume" });
  call?.end();
  expect(await seen.until(is("stage_complete"))).toMatchObject({ stage: "architecture", outcome: "completed" });
});

test("commands sent at once take effect in their order, each after its event is in the log", async () => {
  await using scene = await openScene();
  const { runId, seen, call } = await bring(scene, "refinement 1, mid-stream");
  const acks = await Promise.all([
    scene.client.control(runId, { type: "guide", text: "shorter" }),
    scene.client.control(runId, { type: "pause" }),
    scene.client.control(runId, { type: "pause" }),
    scene.client.control(runId, { type: "skip", target: "iteration", when: "now" }),
    scene.client.control(runId, { type: "resume" }),
    scene.client.control(runId, { type: "cancel", when: "now" }),
    scene.client.control(runId, { type: "guide", text: "too late" }),
  ]);
  expect(acks.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
    "applied",
    "scheduled",
    "already_paused",
    "applied",
    "applied",
    "applied",
    "run_closed",
  ]);
  const seqs = acks.slice(0, -1).map(({ seq = 0 }) => seq);
  expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  await call?.closed;
  await seen.until(isEnd);
  expect(of(seen.events, "control").map(({ seq }) => seq)).toEqual(seqs);
});

test("a command for an unknown run says so, in the message and as the reason", async () => {
  await using scene = await openScene();
  const answer = scene.client.control("no-such-run", { type: "cancel", when: "now" });
  await expect(answer).rejects.toMatchObject({
    message: expect.stringMatching(/^RUN_NOT_FOUND: .*no-such-run/) as string,
    data: { reason: "RUN_NOT_FOUND", code: "NOT_FOUND", httpStatus: 404 },
  });
});

test("a command whose event could not be written is never acknowledged, whoever asks again", async () => {
  let full = false;
  const refused = () => Promise.reject(new StagewireError("LOG_UNAVAILABLE", "The disk is full."));
  await using bare = await openBareEngine({
    wrap:
      (name, method) =>
      (...args) =>
        name === "append" && full ? refused() : method(...args),
  });
  const { engine, runId } = bare;
  full = true;
  const command = { commandId: "lost", runId, command: { type: "guide", text: "be brief" } } as const;
  await expect(engine.control(command, "local")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
  // The same id again, before the run was taken up anew.
  await expect(engine.control(command, "local")).rejects.toMatchObject({ code: "LOG_UNAVAILABLE" });
  await expect(engine.control({ ...command, commandId: "other" }, "local")).rejects.toMatchObject({
    code: "LOG_UNAVAILABLE",
  });
  expect((await engine.get(runId)).controls).toEqual([]);

  full = false;
  let ack;
  for await (const { events } of engine.watch({ runId, signal: new AbortController().signal })) {
    // Taken up again: the run's step has a second attempt.
    if (!events.some(is("stage_start", { attempt: 2 }))) continue;
    ack = await engine.control(command, "local");
    break;
  }
  expect(ack).toMatchObject({ outcome: "applied" });
  const { controls } = await engine.get(runId);
  expect(controls).toMatchObject([{ commandId: "lost", seq: ack?.seq }]);
});
