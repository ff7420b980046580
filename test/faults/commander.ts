import { type Ack, type Command, isClosed } from "@stagewire/shared";
import type { Random } from "./random.js";
import { createRequests, type Requests } from "./requests.js";
import { REFINE, type World } from "./world.js";

/** Starts runs and steers them, and remembers what was promised to it. */
export interface Commander {
  /** Acks by run. */
  readonly acks: ReadonlyMap<string, readonly Ack[]>;
  readonly requests: Requests;
  /** Starts a run; `twice` sends the request two times at once. `undefined` when that failed, which is a violation. */
  start(twice: boolean): Promise<string | undefined>;
  /** One command of the kind that steers and does not end, or seldom. */
  steer(runId: string): Promise<void>;
  /** The same command from two sides at once. */
  duplicate(runId: string): Promise<void>;
  /** Several commands at once, in no order. */
  reorder(runId: string): Promise<void>;
  /** A command whose answer nobody hears, then the same again. */
  unheard(runId: string): Promise<void>;
  /** All acks of a run are asked for again: they must be the same. */
  repeat(runId: string): Promise<void>;
  toUnknownRun(): Promise<void>;
  resume(runId: string): Promise<void>;
}

export function createCommander(world: World, random: Random): Commander {
  const requests = createRequests(world);
  const acks = new Map<string, Ack[]>();
  const sent = new Map<string, Command>();
  let number = 0;
  const newId = () => `c${++number}-${random.int(0, 1_000_000)}`;

  const send = async (runId: string, commandId: string, command: Command): Promise<Ack | undefined> => {
    sent.set(commandId, command);
    const answer = await requests.control(runId, commandId, command);
    if (answer.ok) {
      const ofRun = acks.get(runId) ?? [];
      acks.set(runId, ofRun);
      if (!ofRun.some((ack) => JSON.stringify(ack) === JSON.stringify(answer.data))) ofRun.push(answer.data);
      return answer.data;
    }
    if (answer.code !== "none") {
      world.violate({ kind: "lost", runId, what: `${JSON.stringify(command)} was answered with ${answer.message}` });
    }
    return undefined;
  };
  const any = (): Command => {
    const draw = random.next();
    if (draw < 0.25) return { type: "guide", text: `Mind case ${random.int(1, 99)}.` };
    if (draw < 0.45) return { type: "pause" };
    if (draw < 0.65) return { type: "resume" };
    const when = random.pick(["now", "after_iteration"] as const);
    if (draw < 0.8) return { type: "skip", target: "iteration", when };
    if (draw < 0.92) return { type: "skip", target: "remaining", when };
    return { type: "cancel", when: random.pick(["now", "after_stage"] as const) };
  };
  return {
    acks,
    requests,
    async start(twice) {
      const task = `Task ${++number} ${random.chance(0.5) ? REFINE : ""}`;
      const input = { task, options: { maxRefinements: random.int(0, 2) }, idempotencyKey: newId() };
      const answers = await Promise.all((twice ? [1, 2] : [1]).map(() => requests.start(input)));
      const ids = new Set<string>();
      for (const answer of answers) {
        if (answer.ok) ids.add(answer.data.runId);
        else if (answer.code !== "none") world.violate({ kind: "other", what: `runs.start: ${answer.message}` });
      }
      if (ids.size > 1)
        world.violate({ kind: "duplicated", what: `one idempotencyKey started ${[...ids].join(" and ")}` });
      return [...ids][0];
    },
    async steer(runId) {
      await send(runId, newId(), any());
    },
    async duplicate(runId) {
      const [id, command] = [newId(), any()];
      const [a, b] = await Promise.all([send(runId, id, command), send(runId, id, command)]);
      if (!a || !b || JSON.stringify(a) === JSON.stringify(b)) return;
      world.violate({ kind: "other", runId, what: `two answers to one command: ${JSON.stringify([a, b])}` });
    },
    async reorder(runId) {
      await Promise.all(Array.from({ length: random.int(3, 6) }, () => send(runId, newId(), any())));
    },
    async unheard(runId) {
      const [id, command] = [newId(), any()];
      sent.set(id, command);
      await requests.controlUnheard(runId, id, command);
      await send(runId, id, command);
    },
    async repeat(runId) {
      for (const ack of acks.get(runId) ?? []) {
        const again = await requests.control(runId, ack.commandId, sent.get(ack.commandId) ?? { type: "pause" });
        if (again.ok && JSON.stringify(again.data) === JSON.stringify(ack)) continue;
        const what = `the ack ${JSON.stringify(ack)} became ${JSON.stringify(again)}`;
        world.violate({ kind: "lost", runId, what });
      }
    },
    async toUnknownRun() {
      const answer = await requests.control("nosuchrun", newId(), { type: "pause" });
      if (answer.ok || (answer.code !== "RUN_NOT_FOUND" && answer.code !== "none")) {
        world.violate({ kind: "other", what: `a command to an unknown run got ${JSON.stringify(answer)}` });
      }
    },
    async resume(runId) {
      const view = await requests.get(runId);
      if (view.ok && !isClosed(view.data) && view.data.paused) await send(runId, newId(), { type: "resume" });
    },
  };
}
