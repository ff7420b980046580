import type { RunEvent } from "@stagewire/shared";
import type { RunHooks } from "@stagewire/server";
import { pino } from "pino";
import { expect, test } from "vitest";
import { openBareEngine } from "../support/engine.js";
import { answerOf, openScene, verdict } from "../support/scene.js";

const TOLD = new Set<string>(["stage_start", "token", "stage_complete", "progress", "error", "run_complete"]);

/** Hooks that all do the same. */
function everyHook(hook: (event: RunEvent) => unknown): RunHooks {
  return {
    onStageStart: hook,
    onToken: hook,
    onStageComplete: hook,
    onProgress: hook,
    onError: hook,
    onRunComplete: hook,
  };
}

test("hooks are told what a watcher sees, in its order, once it is in the log", async () => {
  const told: RunEvent[] = [];
  const ahead: number[] = [];
  await using scene = await openScene({
    hooks: everyHook(async (event) => {
      told.push(event);
      const { seq } = await scene.server.engine.get(event.runId);
      if (seq < event.seq) ahead.push(event.seq);
    }),
  });
  const { runId, seen } = await scene.start();
  const call = await scene.reach("architecture");
  call.write("some ");
  call.cut();
  scene.model.answer(answerOf);
  await seen.ended;
  const view = await scene.server.engine.get(runId);
  expect(view.status).toBe("completed");
  expect(told.map(({ type, seq }) => `${type} ${seq}`)).toEqual(
    seen.events.filter(({ type }) => TOLD.has(type)).map(({ type, seq }) => `${type} ${seq}`),
  );
  expect(told.some(({ type }) => type === "error")).toBe(true);
  expect(ahead).toEqual([]);
});

test("hooks that throw, reject or change what they get harm nothing", async () => {
  let calls = 0;
  await using scene = await openScene({
    hooks: everyHook((event) => {
      Object.assign(event, { seq: 0, text: "changed", output: "changed" });
      if (++calls % 2 === 0) throw new Error("a hook's own mistake");
      return Promise.reject(new Error("a hook's own mistake"));
    }),
  });
  const { runId, seen } = await scene.start();
  scene.model.answer(() => verdict(true));
  await seen.ended;
  expect(calls).toBeGreaterThan(10);
  const view = await scene.server.engine.get(runId);
  expect(view).toMatchObject({ status: "completed", output: verdict(true) });
  expect(seen.events.map(({ seq }) => seq)).toEqual(seen.events.map((_, index) => index + 1));
});

test("a hook that fails is in the log of the engine, with its name and the event", async () => {
  const lines: string[] = [];
  await using bare = await openBareEngine({
    logger: pino({ level: "error" }, { write: (line: string) => void lines.push(line) }),
    hooks: {
      onStageStart() {
        throw new Error("a hook's own mistake");
      },
    },
  });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    msg: "a hook failed",
    hook: "onStageStart",
    runId: bare.runId,
    seq: 2,
    err: { message: "a hook's own mistake" },
  });
});
