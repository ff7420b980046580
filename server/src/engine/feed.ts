import { setTimeout as delay } from "node:timers/promises";
import { type Cursor, formatCursor, parseCursor, type RunSummary, StagewireError } from "@stagewire/shared";
import type { RunLog } from "../log/types.js";

/** The least time between two frames of one feed, in ms: a dashboard needs no more, and changes in between fall together. */
const PACE_MS = 100;
/** Runs in one frame. */
const PAGE = 200;

/** Latest summaries of runs that changed. */
export interface FeedFrame {
  readonly cursor: Cursor;
  readonly runs: RunSummary[];
}

/** From where changes over all runs are told. */
export interface FeedOptions {
  /** Goes on after this position; without it every run is told once, and then what changes. */
  readonly cursor?: Cursor | undefined;
  /** Ends the feed quietly. */
  readonly signal: AbortSignal;
  /** See `WatchOptions.ready`. */
  readonly ready?: (() => Promise<void> | undefined) | undefined;
}

/** The feed's position at this moment. */
export async function feedCursor(log: RunLog): Promise<Cursor> {
  return formatCursor({ epoch: 0, seq: await log.revision() });
}

/**
 * Changes over all runs. Of several changes of one run only the latest is told, so it never falls behind.
 * Rejects with `CURSOR_UNRECOVERABLE` at the first `next()`.
 */
export async function* feed(log: RunLog, { cursor, signal, ready }: FeedOptions): AsyncGenerator<FeedFrame, void> {
  let revision = await locate(log, cursor);
  let wake: () => void = () => {};
  const unsubscribe = log.subscribeChanges(() => wake());
  signal.addEventListener("abort", unsubscribe, { once: true });
  try {
    while (!signal.aborted) {
      const busy = ready?.();
      if (busy) await busy;
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const changes = await log.changes(revision, PAGE);
      const last = changes.at(-1);
      if (last) {
        revision = last.revision;
        yield {
          cursor: formatCursor({ epoch: 0, seq: revision }),
          runs: changes.map(({ summary }) => summary),
        };
        if (changes.length === PAGE) continue;
        await delay(PACE_MS, undefined, { signal }).catch(() => {});
      } else {
        await untilAborted(changed, signal);
      }
    }
  } finally {
    signal.removeEventListener("abort", unsubscribe);
    unsubscribe();
  }
}

async function locate(log: RunLog, cursor: Cursor | undefined): Promise<number> {
  if (cursor === undefined) return 0;
  const position = parseCursor(cursor);
  const revision = await log.revision();
  if (position?.epoch === 0 && position.seq <= revision) return position.seq;
  throw new StagewireError(
    "CURSOR_UNRECOVERABLE",
    `The cursor ${JSON.stringify(cursor.slice(0, 60))} is none of this feed. Subscribe without a cursor to see every run.`,
  );
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let stop: () => void = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
  });
  signal.addEventListener("abort", stop, { once: true });
  await Promise.race([promise, aborted]);
  signal.removeEventListener("abort", stop);
}
