import type { Command } from "@stagewire/shared";
import { describe, expect, test } from "vitest";
import { bring, type MomentName } from "../support/moments.js";
import { answerOf, endings, is, isEnd, isToken, openScene, placesOf, promptOf, type Scene } from "../support/scene.js";

type Skip = Extract<Command, { type: "skip" }>;

interface Expected {
  /** What the ack says: the outcome, or the reason of a rejection. */
  ack: string;
  /** Calls after the one that was open, in order, up to the run's end. */
  then: string[];
}

const both = (ack: string, then: string[]): Record<Skip["when"], Expected> => ({
  now: { ack, then },
  after_iteration: { ack, then },
});
const LOOP = [1, 2, 3].flatMap((n) => [`refinement ${n}`, `review ${n}`]);
const END = ["documentation 0"];
const FRONT = ["architecture 0", "implementation 0", "review 0"];
const from = (place: string) => [...FRONT, ...LOOP, ...END].slice([...FRONT, ...LOOP, ...END].indexOf(place) + 1);

/** Before the loop: `iteration` has nothing to skip yet, `remaining` waits. */
const before = (place?: string) => ({
  iteration: both("not_refining", place === undefined ? [...FRONT, ...LOOP, ...END] : from(place)),
  remaining: both(
    "scheduled",
    place === undefined ? [...FRONT, ...END] : from(place).filter((at) => !LOOP.includes(at)),
  ),
});

const CASES: Partial<Record<MomentName, Record<Skip["target"], Record<Skip["when"], Expected>>>> = {
  queued: before(),
  architecture: before("architecture 0"),
  "implementation, mid-stream": before("implementation 0"),
  "review 0": before("review 0"),
  "refinement 1, before the first token": inFirst(["review 1"]),
  "refinement 1, mid-stream": inFirst(["review 1"]),
  "review 1, mid-stream": inFirst([]),
  "refinement 3, mid-stream": {
    iteration: {
      now: { ack: "applied", then: END },
      after_iteration: { ack: "already_past", then: ["review 3", ...END] },
    },
    remaining: {
      now: { ack: "applied", then: END },
      after_iteration: { ack: "scheduled", then: ["review 3", ...END] },
    },
  },
  "documentation, mid-stream": { iteration: both("already_past", []), remaining: both("already_past", []) },
  closed: { iteration: both("run_closed", []), remaining: both("run_closed", []) },
};

/** In iteration 1, of which `rest` would still follow. */
function inFirst(rest: string[]): Record<Skip["target"], Record<Skip["when"], Expected>> {
  return {
    iteration: {
      now: { ack: "applied", then: from("review 1") },
      after_iteration: { ack: "scheduled", then: [...rest, ...from("review 2")] },
    },
    remaining: {
      now: { ack: "applied", then: END },
      after_iteration: { ack: "scheduled", then: [...rest, ...END] },
    },
  };
}

const ROWS = Object.entries(CASES).flatMap(([moment, targets]) =>
  (["iteration", "remaining"] as const).flatMap((target) =>
    (["now", "after_iteration"] as const).map((when) => ({
      moment: moment as MomentName,
      command: { type: "skip", target, when } satisfies Skip,
      expected: targets[target][when],
    })),
  ),
);

/** One server for all rows of a moment would mix their calls: each row has its own. */
async function play(scene: Scene, moment: MomentName, command: Skip) {
  const { runId, seen, call, release } = await bring(scene, moment);
  const ack = await scene.client.control(runId, command);
  const mark = scene.model.calls.length;
  if (ack.outcome === "applied") await call?.closed;
  const later: Promise<unknown>[] = [];
  scene.model.answer(answerOf);
  if (ack.outcome !== "applied" && call) {
    call.write(answerOf(call));
    call.end();
  }
  if (release) later.push(release());
  await Promise.all(later);
  await seen.until(isEnd);
  return { ack, seen, call, mark };
}

describe("skip", () => {
  test.each(ROWS)("$command.target $command.when at $moment: $expected.ack", async ({ moment, command, expected }) => {
    await using scene = await openScene(moment === "queued" ? { maxConcurrentRuns: 1 } : {});
    const { ack, seen, mark } = await play(scene, moment, command);
    expect(ack.outcome === "rejected" ? ack.reason : ack.outcome).toBe(expected.ack);
    // What ran next may have been asked for before the ack came.
    const interrupted = ack.outcome === "applied";
    const after = placesOf(scene.model).slice(mark - placesBehind(scene, mark, expected.then, interrupted));
    expect(after).toEqual(expected.then);

    if (ack.reason === "run_closed") {
      expect(ack).not.toHaveProperty("seq");
      return;
    }
    const control = seen.events.find(({ seq }) => seq === ack.seq);
    expect(control).toMatchObject({ type: "control", commandId: ack.commandId, outcome: ack.outcome, command });
    expect(seen.events.at(-1)).toMatchObject({ type: "run_complete", outcome: "completed" });
    if (!interrupted) {
      expect(endings(seen.events).filter((ending) => ending.endsWith("skipped"))).toEqual([]);
      return;
    }
    const place = moment.split(",", 1)[0];
    expect(endings(seen.events).filter((ending) => ending.endsWith("skipped"))).toEqual([`${place} skipped`]);
    const late = seen.events.filter((event) => event.seq > (ack.seq ?? 0) && isToken(event));
    expect(late.some((event) => "stage" in event && `${event.stage} ${event.iteration}` === place)).toBe(false);
  });

  /** 1 when the step after an interrupted one was asked for already when the ack came. */
  function placesBehind(scene: Scene, mark: number, then: string[], interrupted: boolean): number {
    return interrupted && placesOf(scene.model)[mark - 1] === then[0] ? 1 : 0;
  }
});

describe("the last accepted implementation stands", () => {
  test.each([
    { moment: "refinement 1, mid-stream", stands: "text of implementation 0", void: "partial" },
    { moment: "refinement 3, mid-stream", stands: "text of refinement 2", void: "partial" },
    { moment: "review 1, mid-stream", stands: "text of refinement 1", void: "text of implementation 0" },
  ] as const)("skip at $moment", async ({ moment, stands, void: gone }) => {
    for (const target of ["iteration", "remaining"] as const) {
      await using scene = await openScene();
      const { call } = await play(scene, moment, { type: "skip", target, when: "now" });
      const next = scene.model.calls[call?.number ?? 0];
      expect(next && promptOf(next)).toContain(stands);
      expect(next && promptOf(next)).not.toContain(gone);
    }
  });

  test("iterations can be skipped one after the other", async () => {
    await using scene = await openScene();
    const { runId, seen } = await bring(scene, "refinement 1, mid-stream");
    for (let iteration = 1; iteration <= 3; iteration++) {
      const ack = await scene.client.control(runId, { type: "skip", target: "iteration", when: "now" });
      expect(
        seen.events.find(({ seq }) => seq === ack.seq) ?? (await seen.until(({ seq }) => seq === ack.seq)),
      ).toMatchObject({ iteration });
      const next = await scene.model.next();
      if (iteration < 3) continue;
      expect(promptOf(next)).toContain("text of implementation 0");
      next.end();
    }
    await seen.until(isEnd);
    expect(endings(seen.events).slice(3)).toEqual([
      "refinement 1 skipped",
      "refinement 2 skipped",
      "refinement 3 skipped",
      "documentation 0 completed",
    ]);
  });

  test("a skip while a retry of the refinement waits ends the wait", async () => {
    await using scene = await openScene();
    const { runId, seen } = await scene.start();
    const failing = await scene.reach("refinement", 1);
    failing.write("partial");
    await seen.until(is("token", { stage: "refinement" }));
    failing.cut();
    await seen.until(is("progress", { phase: "retrying" }));
    expect(await scene.client.control(runId, { type: "skip", target: "iteration", when: "now" })).toMatchObject({
      outcome: "applied",
    });
    expect(promptOf(await scene.model.next())).toContain("text of implementation 0");
    expect(placesOf(scene.model).slice(-2)).toEqual(["refinement 1", "refinement 2"]);
    await seen.until(is("stage_start", { stage: "refinement", iteration: 2 }));
    expect(endings(seen.events).at(-1)).toBe("refinement 1 skipped");
  });

  test("around the end of a refinement, whatever comes first", async () => {
    await using scene = await openScene();
    for (let turns = 0; turns < 12; turns++) {
      const { runId, seen, call } = await bring(scene, "refinement 1, mid-stream");
      call?.end();
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      const command = { type: "skip", target: "iteration", when: "now" } as const;
      const ack = await scene.server.engine.control({ commandId: `at-${turns}`, runId, command }, "local");
      expect(ack.outcome).toBe("applied");
      const refinement = await scene.reach("refinement", 2);
      const first = seen.events.find(is("stage_complete", { stage: "refinement", iteration: 1 }));
      const accepted = first?.type === "stage_complete" && first.outcome === "completed";
      expect(promptOf(refinement)).toContain(accepted ? "partial" : "text of implementation 0");
      expect(endings(seen.events)).not.toContain("review 1 completed");
      await scene.client.control(runId, { type: "cancel", when: "now" });
      await seen.ended;
    }
  });
});
