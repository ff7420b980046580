import {
  compact,
  type Cursor,
  type Detail,
  formatCursor,
  parseCursor,
  type Position,
  type RunEvent,
  StagewireError,
  withFrom,
} from "@stagewire/shared";
import { lastSeq, type Tails } from "../log/tail.js";
import type { LogEntry, RunHead, RunLog } from "../log/types.js";
import { runNotFound } from "./fold-run.js";

/** UTF-16 units of text after which a frame is full. A single larger event still travels whole. */
const FRAME_SIZE = 128 * 1_024;
/** Bytes of stored events that a replay reads, and compacts, at a time. */
const PAGE_BYTES = 1_048_576;

/** What a watcher gets at a time. */
export interface Frame {
  /** The position after this frame. Its epoch is that of every event in it: see {@link cursorAfter}. */
  readonly cursor: Cursor;
  /** Never empty. May be shared between watchers: don't change it. */
  readonly events: readonly RunEvent[];
}

/** What of a run is watched, and from where. */
export interface WatchOptions {
  readonly runId: string;
  /** Goes on after this position; without it from the run's start. */
  readonly cursor?: Cursor | undefined;
  readonly detail?: Detail | undefined;
  /** Ends the watch quietly. */
  readonly signal: AbortSignal;
  /**
   * Asked before each frame is made: a promise to wait for, while the reader is not ready. The first time it is asked
   * the position was found and more will follow it: a watch that is refused, or that has nothing left, never asks.
   */
  readonly ready?: (() => Promise<void> | undefined) | undefined;
}

/** The position after one event of a frame. */
export function cursorAfter(event: RunEvent, frame: Frame): Cursor {
  return formatCursor({ epoch: parseCursor(frame.cursor)?.epoch ?? 0, seq: event.seq });
}

/**
 * Watches one run: what is past, compacted, then what happens, event by event, without a gap and without repetition;
 * ends after `run_complete`. It holds a position and at most one page of replay; a slow reader costs a read from the log later.
 * Rejects with `RUN_NOT_FOUND` or `CURSOR_UNRECOVERABLE` at the first `next()`.
 */
export function watch(log: RunLog, tails: Tails, options: WatchOptions): AsyncIterableIterator<Frame> {
  return watchFrames(log, tails, options);
}

async function* watchFrames(log: RunLog, tails: Tails, options: WatchOptions): AsyncGenerator<Frame, void> {
  const { runId, signal, ready, detail = "tokens" } = options;
  // The tail is opened before the log is read, so that nothing falls between the two.
  const tail = tails.open(runId);
  let wake: () => void = () => {};
  const stop = () => wake();
  // Once for the whole watch: adding and removing it around each wait would cost more than the wait.
  signal.addEventListener("abort", stop, { once: true });
  /** `misses` as they were before the log was read up to `seq`: one that came while it was read woke nobody. */
  const nextAppend = async (seq: number, misses: number) => {
    if (signal.aborted || tail.misses() > misses) return;
    let forget: () => void = () => {};
    await new Promise<void>((resolve) => {
      wake = resolve;
      forget = tail.onceAfter(seq, resolve);
    });
    forget();
  };
  try {
    /** The last event that was read, and the last that was handed over: `detail: "stages"` hands over less. */
    const start = await locate(log, runId, options.cursor);
    if (start === undefined) return;
    let read = start;
    let given = start;
    /** Only what is past is compacted: one who keeps up sees every token, also when its stage ends in the same moment. */
    let behind = true;
    /** Frames that were made and not handed over yet; never kept while the reader is slow. */
    let made: Frame[] = [];
    // Functions of their own, so that a generator that waits holds nothing of what they read.
    const makeFrames = (entries: readonly LogEntry[], live: boolean): Frame[] => {
      if (entries.length === 0) return [];
      behind ||= !live;
      const make = () => toFrames(entries, read, given, detail, behind);
      const frames = live ? tail.shared(`${detail} ${behind} ${read} ${given}`, make) : make();
      read = lastSeq(entries.at(-1));
      return [...frames];
    };
    const fromTail = () => {
      const entries = tail.after(read);
      return entries && makeFrames(entries, true);
    };
    const fromLog = async () => makeFrames(await log.read(runId, { after: read, maxBytes: PAGE_BYTES }), false);
    while (!signal.aborted) {
      const busy = ready?.();
      if (busy) {
        made = [];
        read = given;
        behind = true;
        await busy;
        continue;
      }
      const frame = made.shift();
      if (frame) {
        given = lastEvent(frame).seq;
        yield frame;
        if (lastEvent(frame).type === "run_complete") return;
        continue;
      }
      const from = read;
      const misses = tail.misses();
      const shown = fromTail();
      made = shown ?? (await fromLog());
      if (read === from) {
        if (!shown) checkPosition(runId, read, await log.head(runId));
        behind = false;
        await nextAppend(read, misses);
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    tail.release();
  }
}

/** Throws where nothing will ever follow `read`, up to which a watcher has seen no `run_complete`. */
function checkPosition(runId: string, read: number, head: RunHead | undefined): void {
  // A run that still goes on has a log; one that had ended may have been deleted while it was read.
  if (!head) throw runNotFound(runId);
  if (head.seq > read || (head.seq === read && !head.closed)) return;
  throw new StagewireError(
    "CURSOR_UNRECOVERABLE",
    `The store has lost what followed event ${head.seq} of this run, where its log ends, and event ${read} was shown. Watch without a cursor to see the run from its start.`,
  );
}

/** Makes what follows `read` into frames of bounded size, the first of which continues `given`. */
function toFrames(entries: readonly LogEntry[], read: number, given: number, detail: Detail, behind: boolean): Frame[] {
  const events = entries.flatMap((entry) => entry.events).filter((event) => event.seq > read);
  const kept = behind || detail === "stages" ? compact(events, detail, FRAME_SIZE) : events;
  const frames: Frame[] = [];
  let batch: RunEvent[] = [];
  let size = 0;
  let from = given + 1;
  let entry = 0;
  let epoch = 0;
  const close = () => {
    const last = batch.at(-1);
    if (last) frames.push({ cursor: formatCursor({ epoch, seq: last.seq }), events: batch });
    batch = [];
    size = 0;
  };
  for (const event of kept) {
    while (entry < entries.length - 1 && lastSeq(entries[entry]) < event.seq) entry++;
    const writtenUnder = entries[entry]?.epoch ?? 0;
    // A frame is of one epoch, so that the position after each of its events is known, and not only that after the last.
    if (writtenUnder !== epoch) close();
    epoch = writtenUnder;
    // Whatever was left out before it, or was seen already, is made up for here: ranges always continue.
    const next = withFrom(event, from);
    from = event.seq + 1;
    batch.push(next);
    size += textLength(next);
    if (size >= FRAME_SIZE) close();
  }
  close();
  return frames;
}

function lastEvent(frame: Frame): RunEvent {
  const event = frame.events.at(-1);
  if (!event) throw new Error("a frame is never empty");
  return event;
}

function textLength(event: RunEvent): number {
  if (event.type === "token") return event.text.length + 100;
  return event.type === "stage_complete" ? event.output.length + 200 : 200;
}

/** The `seq` of a cursor that this log can serve; `undefined` when nothing will ever follow it. */
async function locate(log: RunLog, runId: string, cursor: Cursor | undefined): Promise<number | undefined> {
  const head = await log.head(runId);
  if (!head) throw runNotFound(runId);
  if (cursor === undefined) return 0;
  const position = parseCursor(cursor);
  if (!position) throw unrecoverable(cursor, "it is malformed");
  if (position.seq === 0) return 0;
  if (position.seq > head.seq) throw unrecoverable(cursor, `the run's log ends at ${head.seq}`);
  const [entry] = await log.read(runId, { after: position.seq - 1, maxBytes: 1 });
  if (!entry) throw runNotFound(runId);
  if (!mayHold(entry, position)) throw unrecoverable(cursor, "it belongs to another history of this run");
  return head.closed && position.seq === head.seq ? undefined : position.seq;
}

/**
 * True when a cursor at this position can be of the history that `entry` is of. Events keep their epoch, so it is
 * exact where an event ends. Inside a compacted range the epochs of what was left out are gone: there it may be any
 * from that of the event before, as far as it is known, to the entry's own.
 */
function mayHold({ epoch, events }: LogEntry, position: Position): boolean {
  const index = events.findIndex(({ seq }) => seq >= position.seq);
  const inside = index === 0 && position.seq < (events[0]?.seq ?? 0);
  return inside ? position.epoch <= epoch : position.epoch === epoch;
}

function unrecoverable(cursor: string, why: string): StagewireError {
  return new StagewireError(
    "CURSOR_UNRECOVERABLE",
    `The cursor ${JSON.stringify(cursor.slice(0, 60))} can't be served: ${why}. Watch without a cursor to see the run from its start.`,
  );
}
