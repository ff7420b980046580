import { type EventBody, reduce, type RunEvent, type RunView } from "@stagewire/shared";
import type { RunLog } from "../log/types.js";
import { summarize } from "./summarize.js";

/** The one writer of a run under one epoch. Numbers events, folds them, appends them. */
export interface RunWriter {
  /** The fold of everything appended so far, committed or about to be. */
  readonly view: RunView;
  /** When anything but tokens was last appended, by `performance.now()`: it must not go back when the clock is set. */
  readonly toldAt: number;
  /**
   * Numbers and folds the events at once, so that the next decision sees them; resolves once they are committed.
   * All of them are committed or none. After a rejection the writer must not be used again: fold the log anew.
   * `urgent`: see `AppendInput`.
   */
  append(bodies: readonly EventBody[], urgent?: boolean): Promise<void>;
}

/**
 * Takes over from `view`, the fold of the log up to its head, under `epoch`. `committed` is called with the events of
 * each append once they are in the log; it must not throw.
 */
export function createRunWriter(
  log: RunLog,
  folded: RunView,
  epoch: number,
  committed: (events: readonly RunEvent[]) => void = () => {},
): RunWriter {
  let view = folded;
  let toldAt = -Infinity;
  return {
    get view() {
      return view;
    },
    get toldAt() {
      return toldAt;
    },
    async append(bodies, urgent = false) {
      if (bodies.length === 0) return;
      const at = Date.now();
      const { runId } = view;
      const events = bodies.map((body, index): RunEvent => ({ ...body, runId, seq: view.seq + index + 1, at }));
      view = events.reduce(reduce, view);
      // Tokens alone change nothing that a list of runs shows.
      const told = bodies.some((body) => body.type !== "token");
      if (told) toldAt = performance.now();
      await log.append({ runId, epoch, events, ...(told && { summary: summarize(view) }), ...(urgent && { urgent }) });
      committed(events);
    },
  };
}
