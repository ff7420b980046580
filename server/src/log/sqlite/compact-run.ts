import { setImmediate as nextTurn } from "node:timers/promises";
import type { RunEvent } from "@stagewire/shared";
import { fenced, runNotFound } from "../append-rules.js";
import { createCompaction } from "../compaction.js";
import type { CompactInput, LogEntry } from "../types.js";
import type { GroupCommit } from "./group-commit.js";
import type { Statements } from "./statements.js";

/** Rows of a long log that one transaction takes out: about a ms. */
const SLICE_ROWS = 500;
/** Bytes that are parsed at a time: some 2 ms, then the others have their turn. */
const PAGE_BYTES = 128 * 1_024;
const PAGE_ROWS = 256;
interface Target extends CompactInput {
  readonly number: number;
}

/**
 * Compacts one run. `compact` may be applied to any slice of a log, so a long one is first taken slice by slice, each
 * in a transaction of bounded length, and what is left of it as a whole. Only one compaction may go on at a time.
 */
export async function compactRun(
  sql: Statements,
  commits: GroupCommit,
  read: <T>(query: () => T) => T,
  input: CompactInput,
): Promise<void> {
  const { number, head } = read(() => check(sql, input));
  const target = { ...input, number };
  let slices = 0;
  for (let after = 0; after < head; slices++) {
    const [, last] = read(() => sql.span.get([number, after, SLICE_ROWS])) ?? [0, null];
    const end = Math.min(last ?? head, head);
    if (after > 0 || end < head) await rewrite(sql, commits, read, target, after, end);
    after = end;
  }
  await rewrite(sql, commits, read, target, 0, head);
  commits.alone(() => {
    const run = check(sql, target);
    // An open run may have ended meanwhile; it is whole again only when it is compacted to its very end.
    if (run.closed && run.head === head) sql.compacted.run([number]);
  });
}

/** Replaces the rows after `after` up to `end`, both ends of rows, by their compaction. */
async function rewrite(
  sql: Statements,
  commits: GroupCommit,
  read: <T>(query: () => T) => T,
  target: Target,
  after: number,
  end: number,
): Promise<void> {
  const compaction = createCompaction();
  let rowsBefore = 0;
  let bytesBefore = 0;
  for (let position = after; position < end;) {
    const page = read(() => sql.read.all([target.runId, position, PAGE_ROWS]));
    if (page.length === 0) throw runNotFound(target.runId);
    const entries: LogEntry[] = [];
    let bytes = 0;
    for (const [epoch, last, json] of page) {
      if (last > end || bytes >= PAGE_BYTES) break;
      entries.push({ epoch, events: JSON.parse(json) as RunEvent[] });
      bytes += Buffer.byteLength(json);
      rowsBefore++;
      position = last;
    }
    bytesBefore += bytes;
    compaction.add(entries);
    await nextTurn();
  }
  const rows = await compaction.rows();
  const bytesAfter = rows.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
  if (rows.length === rowsBefore && bytesAfter === bytesBefore) return;
  commits.alone(() => {
    check(sql, target);
    sql.deleteEntries.run([target.number, after, end]);
    for (const { epoch, first, last, json } of rows) sql.insertEntry.run([target.number, epoch, first, last, json]);
    sql.rewritten.run([bytesAfter - bytesBefore, target.number]);
  });
}

/** The run as it stands, if `epoch` is still its newest. */
function check(sql: Statements, { runId, epoch }: CompactInput): { number: number; head: number; closed: boolean } {
  const row = sql.run.get([runId]);
  if (!row) throw runNotFound(runId);
  const [number, newest, head, closed] = row;
  if (newest !== epoch) throw fenced(runId, epoch, newest, "a compaction");
  return { number, head, closed: closed === 1 };
}
