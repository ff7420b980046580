import { setImmediate as nextTurn } from "node:timers/promises";
import { initialView, reduce, type RunView, StagewireError } from "@stagewire/shared";
import type { RunLog } from "../log/types.js";

/** Bytes of stored events that are folded at a time: some 20 ms of work, between which the others have their turn. */
const PAGE_BYTES = 1_048_576;

/** Folds a run's whole log. Rejects with `RUN_NOT_FOUND`. */
export async function foldRun(log: RunLog, runId: string): Promise<RunView> {
  let view = initialView(runId);
  for (;;) {
    const entries = await log.read(runId, { after: view.seq, maxBytes: PAGE_BYTES });
    if (entries.length === 0) break;
    for (const entry of entries) view = entry.events.reduce(reduce, view);
    // A log that is read synchronously would otherwise hold up every other run for as long as this one is long.
    await nextTurn();
  }
  // Retention may have deleted it between two pages: half a run is none.
  if (view.seq === 0 || !(await log.head(runId))) throw runNotFound(runId);
  return view;
}

export function runNotFound(runId: string): StagewireError {
  return new StagewireError(
    "RUN_NOT_FOUND",
    `There is no run ${JSON.stringify(runId.slice(0, 80))} here: check the id, or list the runs. Retention may have deleted it.`,
  );
}
