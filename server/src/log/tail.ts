import { compact, type RunEvent } from "@stagewire/shared";
import type { LogEntry, RunLog } from "./types.js";

/** Events of one run that are kept for its watchers. Older ones are read from the log again. */
const KEPT_EVENTS = 256;
/** So few watchers take next to nothing: they get every event as it is committed. */
const UNPACED_WATCHERS = 32;
/**
 * More of them see text that goes on no more often than once in this many ms for each one. A frame costs 30–40 µs
 * whatever is in it: so the watchers of one run take a bounded share of this process, and the readers' too.
 */
const PACE_MS_PER_WATCHER = 1;
/** The longest that text waits, in ms: eight pictures a second. */
const MAX_PACE_MS = 125;
/** UTF-16 units of text in one event that was put together of several. */
const MERGED_TEXT = 64 * 1_024;

/**
 * The end of one run's log, shared by all its watchers in this process: they hold a position, it holds the events.
 * Bounded, and gone with the last watcher. With more than 32 watchers it is paced: text that goes on, and progress,
 * come to all of them together, merged, up to 125 ms late. An attempt's first text and everything else never wait.
 */
export interface RunTail {
  /** Entries after `seq` in order, as far as they are shown; `undefined` when they reach further back than what is kept: read the log. */
  after(seq: number): readonly LogEntry[] | undefined;
  /** Calls `listener` once, as soon as an event after `seq` is shown; at once if there is one. Returns the function that takes it back. */
  onceAfter(seq: number, listener: () => void): () => void;
  /** How often something was missed: who read the log before the last time has to read it again, which `onceAfter` does not tell. */
  misses(): number;
  /** A value that every watcher at the same place of the same tail needs: computed once until the next append. */
  shared<T>(key: string, compute: () => T): T;
  /** Gives the tail back. Calling it twice is fine. */
  release(): void;
}

/** Opens tails; each run has one while anybody holds it. */
export interface Tails {
  open(runId: string): RunTail;
  /** True while anybody holds the tail of this run. */
  isWatched(runId: string): boolean;
  /** Runs that are being watched now. */
  readonly size: number;
  /** The same, by their ids. */
  watched(): Iterable<string>;
}

export function createTails(log: RunLog): Tails {
  const tails = new Map<string, SharedTail>();
  return {
    open(runId) {
      let tail = tails.get(runId);
      if (!tail) {
        tail = new SharedTail(log, runId, () => tails.delete(runId));
        tails.set(runId, tail);
      }
      return tail.hold();
    },
    isWatched: (runId) => tails.has(runId),
    get size() {
      return tails.size;
    },
    watched: () => tails.keys(),
  };
}

class SharedTail {
  #entries: LogEntry[] = [];
  /** Committed, and not shown yet. */
  #paced: LogEntry[] = [];
  #shownAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #kept = 0;
  #misses = 0;
  #holders = 0;
  #listeners = new Set<() => void>();
  #computed = new Map<string, unknown>();
  readonly #unsubscribe: () => void;
  readonly #onEmpty: () => void;

  constructor(log: RunLog, runId: string, onEmpty: () => void) {
    this.#onEmpty = onEmpty;
    this.#unsubscribe = log.subscribe(
      runId,
      (entry) => this.#add(entry),
      () => this.#readAgain(),
    );
  }

  hold(): RunTail {
    this.#holders++;
    let held = true;
    return {
      after: (seq) => this.#after(seq),
      onceAfter: (seq, listener) => this.#onceAfter(seq, listener),
      misses: () => this.#misses,
      shared: (key, compute) => this.#shared(key, compute),
      release: () => {
        if (!held) return;
        held = false;
        this.#holders--;
        if (this.#holders > 0) return;
        clearTimeout(this.#timer);
        this.#unsubscribe();
        this.#onEmpty();
      },
    };
  }

  #add(entry: LogEntry): void {
    this.#paced.push(entry);
    const pace = this.#holders > UNPACED_WATCHERS ? Math.min(this.#holders * PACE_MS_PER_WATCHER, MAX_PACE_MS) : 0;
    const wait = this.#shownAt + pace - performance.now();
    if (wait <= 0 || !entry.events.every(goesOn)) this.#show();
    else this.#timer ??= setTimeout(() => this.#show(), wait);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#shownAt = performance.now();
    const shown = this.#paced.length > 1 ? merge(this.#paced) : this.#paced;
    this.#paced = [];
    for (const entry of shown) {
      this.#entries.push(entry);
      this.#kept += entry.events.length;
    }
    while (this.#kept > KEPT_EVENTS && this.#entries.length > 1) {
      this.#kept -= this.#entries.shift()?.events.length ?? 0;
    }
    this.#computed.clear();
    const listeners = this.#listeners;
    this.#listeners = new Set();
    for (const listener of listeners) listener();
  }

  /** Something was missed: sends everybody back to the log, which says what became of the run. */
  #readAgain(): void {
    this.#misses++;
    this.#entries = [];
    this.#paced = [];
    this.#kept = 0;
    this.#show();
  }

  #after(seq: number): readonly LogEntry[] | undefined {
    const first = firstEvent(this.#entries[0]);
    // Before the first entry came, only the log knows what there is.
    if (!first || (first.from ?? first.seq) > seq + 1) return undefined;
    let index = this.#entries.length;
    while (index > 0 && lastSeq(this.#entries[index - 1]) > seq) index--;
    return this.#entries.slice(index);
  }

  #onceAfter(seq: number, listener: () => void): () => void {
    if (lastSeq(this.#entries.at(-1)) > seq) {
      listener();
      return () => {};
    }
    const listeners = this.#listeners;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #shared<T>(key: string, compute: () => T): T {
    if (!this.#computed.has(key)) this.#computed.set(key, compute());
    return this.#computed.get(key) as T;
  }
}

/** True for what tells nothing new in kind: text that continues, and signs of life. */
function goesOn(event: RunEvent): boolean {
  return (event.type === "token" && event.offset > 0) || event.type === "progress";
}

/** What was held back becomes one entry; what ended the wait stays as it is. */
function merge(entries: readonly LogEntry[]): LogEntry[] {
  const merged: LogEntry[] = [];
  let held: RunEvent[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!entry.events.every(goesOn)) {
      merged.push(entry);
      continue;
    }
    held.push(...entry.events);
    const next = entries[index + 1];
    if (next?.epoch === entry.epoch && next.events.every(goesOn)) continue;
    merged.push({ epoch: entry.epoch, events: compact(held, "tokens", MERGED_TEXT) });
    held = [];
  }
  return merged;
}

function firstEvent(entry: LogEntry | undefined): RunEvent | undefined {
  return entry?.events[0];
}

/** The `seq` of an entry's last event; 0 without an entry. */
export function lastSeq(entry: LogEntry | undefined): number {
  return entry?.events.at(-1)?.seq ?? 0;
}
