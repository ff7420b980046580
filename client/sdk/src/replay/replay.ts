import { initialView, reduce, type RunEvent, type RunView } from "@stagewire/shared";
import { restore } from "./restore.js";

/** A run's past, to be looked at from any moment. */
export interface Replay {
  /** What is replayed: the log's events, and in their places the tokens that compaction dropped, as far as known. */
  readonly events: readonly RunEvent[];
  /** True where text was paced evenly: the log keeps the words, and not each token's moment. */
  readonly paced: boolean;
  /** Unix ms of the first event; 0 without events. */
  readonly startedAt: number;
  /** Ms from the first event to the last one. */
  readonly durationMs: number;
  /** `seq` of the last event; 0 without events. */
  readonly lastSeq: number;
  /** The run as it was at the event `seq`, with what came before it; any number is brought into range. */
  viewAt(seq: number): RunView;
  /** The run as it was `ms` after its first event. */
  viewAtMs(ms: number): RunView;
  /** `seq` of the last event that had come `ms` after the first one. */
  seqAtMs(ms: number): number;
  /** Ms from the first event to the event `seq`. Never less than for an event before it, whatever the server's clock did. */
  msAt(seq: number): number;
}

/** Every so many events a view is kept, so that looking at another moment folds at most that many. */
const KEEP_EVERY = 256;

/** Replays the events of a run, compacted or not, from its `run_start` on. Pure: the same events give the same answers. */
export function createReplay(log: readonly RunEvent[]): Replay {
  const { events, paced } = restore(log);
  const startedAt = events[0]?.at ?? 0;
  const moments = momentsOf(events);
  /** The view before every `KEEP_EVERY`-th event, as far as somebody looked. */
  const kept: RunView[] = [initialView(events[0]?.runId)];

  let shown: { readonly count: number; readonly view: RunView | undefined } = { count: 0, view: kept[0] };

  /** The view after the first `count` events. */
  function fold(count: number): RunView {
    for (let index = kept.length; index * KEEP_EVERY <= count; index++) {
      kept.push(foldRange(kept[index - 1], (index - 1) * KEEP_EVERY, index * KEEP_EVERY));
    }
    const nearest = Math.floor(count / KEEP_EVERY);
    // Who plays goes on from what was shown last.
    if (shown.count < nearest * KEEP_EVERY || shown.count > count) {
      shown = { count: nearest * KEEP_EVERY, view: kept[nearest] };
    }
    const view = foldRange(shown.view, shown.count, count);
    shown = { count, view };
    return view;
  }
  function foldRange(view: RunView | undefined, from: number, to: number): RunView {
    return events.slice(from, to).reduce<RunView>(reduce, view ?? initialView());
  }
  const upTo = (seq: number) =>
    Math.max(
      1,
      countUpTo(events, (event) => event.seq <= seq),
    );
  const upToMs = (ms: number) =>
    Math.max(
      1,
      countUpTo(moments, (moment) => moment <= ms),
    );

  return {
    events,
    paced,
    startedAt,
    durationMs: moments.at(-1) ?? 0,
    lastSeq: events.at(-1)?.seq ?? 0,
    viewAt: (seq) => fold(Math.min(events.length, upTo(seq))),
    viewAtMs: (ms) => fold(Math.min(events.length, upToMs(ms))),
    seqAtMs: (ms) => events[upToMs(ms) - 1]?.seq ?? 0,
    msAt: (seq) => moments[upTo(seq) - 1] ?? 0,
  };
}

/** Ms since the first event, by event; a clock that was set back stands still. */
function momentsOf(events: readonly RunEvent[]): number[] {
  const startedAt = events[0]?.at ?? 0;
  let latest = 0;
  return events.map(({ at }) => (latest = Math.max(latest, at - startedAt)));
}

/** How many items at the beginning satisfy `holds`, which has to hold for a beginning of the list. */
function countUpTo<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && holds(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
