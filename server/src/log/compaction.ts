import { setImmediate as nextTurn } from "node:timers/promises";
import { compact, type RunEvent } from "@stagewire/shared";
import type { LogEntry } from "./types.js";

/** Bytes of events after which a row is full, so that a reader need not parse a whole run to find its place. */
const ROW_BYTES = 64 * 1_024;
/** UTF-16 units of text in one event that was put together of several: what a watcher can be given in one frame. */
const MERGED_TEXT = 64 * 1_024;

/** What is stored instead of several entries: consecutive events of one epoch, as JSON. */
export interface Row {
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly json: string;
}

/** Compacts entries that are given in order, page by page: no more is held than what stays. */
export interface Compaction {
  add(entries: readonly LogEntry[]): void;
  /** Rows of bounded size; each holds events of one epoch, so that cursors at them stay exact. */
  rows(): Promise<Row[]>;
}

export function createCompaction(): Compaction {
  let events: RunEvent[] = [];
  /** Where each epoch ends, in order. */
  const epochs: { epoch: number; last: number }[] = [];
  const epochOf = (seq: number) => epochs.find(({ last }) => last >= seq)?.epoch ?? 0;

  return {
    add(entries) {
      const more: RunEvent[] = [];
      for (const { epoch, events: added } of entries) {
        for (const event of added) more.push(event);
        if (epochs.at(-1)?.epoch === epoch) epochs.pop();
        epochs.push({ epoch, last: added.at(-1)?.seq ?? 0 });
      }
      events = compact([...events, ...more], "tokens", MERGED_TEXT);
    },
    async rows() {
      const rows: Row[] = [];
      let parts: string[] = [];
      let bytes = 0;
      let first = 0;
      for (const [index, event] of events.entries()) {
        const json = JSON.stringify(event);
        if (parts.length === 0) first = event.from ?? event.seq;
        parts.push(json);
        bytes += json.length;
        const epoch = epochOf(event.seq);
        const next = events[index + 1];
        if (next && bytes < ROW_BYTES && epochOf(next.seq) === epoch) continue;
        rows.push({ epoch, first, last: event.seq, json: `[${parts.join(",")}]` });
        if (bytes >= ROW_BYTES) await nextTurn();
        parts = [];
        bytes = 0;
      }
      return rows;
    },
  };
}
