import { StagewireError } from "@stagewire/shared";
import type { RunEvent } from "@stagewire/shared";
import type { RunHead } from "./types.js";

/** What a batch of events would do to a run's head. */
export interface Batch {
  readonly first: number;
  readonly last: number;
  /** True when it ends with `run_complete`. */
  readonly closes: boolean;
}

/** Checks a batch by itself: events of one run, consecutive, nothing after `run_complete`. Throws `INTERNAL`. */
export function checkBatch(runId: string, events: readonly RunEvent[]): Batch {
  const first = events[0]?.seq;
  if (first === undefined) throw new StagewireError("INTERNAL", `An append to run "${runId}" holds no event.`);
  let expected = first;
  let closes = false;
  for (const event of events) {
    if (event.runId !== runId) {
      throw new StagewireError("INTERNAL", `An append to run "${runId}" holds an event of run "${event.runId}".`);
    }
    if (event.seq !== expected) {
      throw new StagewireError(
        "INTERNAL",
        `An append to run "${runId}" holds event ${event.seq} where ${expected} was due.`,
      );
    }
    if (closes) throw afterEnd(runId, event.seq);
    closes = event.type === "run_complete";
    expected++;
  }
  return { first, last: expected - 1, closes };
}

/** Why a run whose log stands at `head` refuses this batch. */
export function refusal(runId: string, epoch: number, batch: Batch, head: RunHead | undefined): StagewireError {
  if (!head) return runNotFound(runId);
  if (epoch < head.epoch) return fenced(runId, epoch, head.epoch, "an append");
  if (epoch > head.epoch) {
    return new StagewireError(
      "INTERNAL",
      `An append to run "${runId}" is under epoch ${epoch}, which nobody was given; the newest is ${head.epoch}.`,
    );
  }
  if (head.closed) return afterEnd(runId, batch.first);
  return new StagewireError(
    "INTERNAL",
    `An append to run "${runId}" begins at event ${batch.first}, but ${head.seq + 1} is due.`,
  );
}

/** Why a run whose log stands at `head` can't be claimed from under this epoch. */
export function claimRefusal(runId: string, from: number, head: Pick<RunHead, "epoch"> | undefined): StagewireError {
  if (!head) return runNotFound(runId);
  return new StagewireError(
    "FENCED",
    `Run "${runId}" is at epoch ${head.epoch} and not at ${from} any more: a claim from there is refused.`,
  );
}

export function runNotFound(runId: string): StagewireError {
  return new StagewireError("RUN_NOT_FOUND", `There is no run "${runId}". The list of runs has the ids there are.`);
}

/** Why `what` under `epoch` is refused. */
export function fenced(runId: string, epoch: number, newest: number, what: string): StagewireError {
  return new StagewireError(
    "FENCED",
    `Run "${runId}" was taken over under epoch ${newest}: ${what} under epoch ${epoch} is refused.`,
  );
}

function afterEnd(runId: string, seq: number): StagewireError {
  return new StagewireError("INTERNAL", `Event ${seq} of run "${runId}" would follow its run_complete.`);
}
