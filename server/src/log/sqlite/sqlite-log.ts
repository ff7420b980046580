import { StagewireError } from "@stagewire/shared";
import type { RunEvent, RunSummary } from "@stagewire/shared";
import { checkBatch, claimRefusal, refusal, runNotFound } from "../append-rules.js";
import { formatListCursor, parseListCursor } from "../list-cursor.js";
import { createSubscribers } from "../subscribers.js";
import type { FeedChange, LogEntry, LogFull, RunHead, RunLog } from "../types.js";
import { compactRun } from "./compact-run.js";
import { logClosed, logUnavailable } from "./errors.js";
import { createGroupCommit } from "./group-commit.js";
import type { Group } from "./group-commit.js";
import { openDatabase } from "./open-database.js";
import { releasePages } from "./release-pages.js";
import { prepareStatements } from "./statements.js";
import type { Query } from "./statements.js";

/** What {@link openSqliteLog} takes. */
export interface SqliteLogOptions {
  /** The data folder; created when it is missing. One process at a time holds it. */
  readonly dir: string;
  /** Gets what a listener threw. @default a process warning */
  readonly onListenerError?: (error: unknown) => void;
  /** Told once for each time that the disk is found full, and by which error. @default nothing */
  readonly onFull?: (full: LogFull, cause: unknown) => void;
}

const DEFAULT_LIST_LIMIT = 50;
const FIRST_PAGE_ROWS = 16;
const MAX_PAGE_ROWS = 256;
/** The only key of the listeners to changes. */
const ALL_RUNS = "";

/**
 * The embedded log: one SQLite database in `dir`, owned by this process until disposed. An append that resolved
 * survives `kill -9`; a power loss may take the last ones. Rejects with `DATA_UNAVAILABLE` when the folder is in use,
 * not writable, damaged, or from a newer version.
 */
export async function openSqliteLog(options: SqliteLogOptions): Promise<RunLog> {
  const database = openDatabase(options.dir, options.onFull);
  const { reserve } = database;
  const onListenerError = options.onListenerError ?? warn;
  const listeners = createSubscribers<LogEntry>(onListenerError);
  const feedListeners = createSubscribers<FeedChange>(onListenerError);
  const sql = prepareStatements(database.db);
  const commits = createGroupCommit(database.db, sql.lastRevision.get([])?.[0] ?? 0, publish, failed);
  /** The compaction that goes on, or the last one: they come one after the other. */
  let compaction: Promise<unknown> = Promise.resolve();
  let closed = false;

  function failed(error: unknown): StagewireError {
    reserve.blame(error);
    return reserve.full()?.error ?? logUnavailable(error);
  }

  /** Throws while the disk is full: what little room there is, is kept for what is urgent. */
  function checkRoom(): void {
    const full = reserve.full();
    if (full) throw full.error;
  }

  function publish(group: Group): void {
    // Both are fixed before anyone is called: a listener may subscribe somebody, who must not hear of this commit.
    const tellEntries = listeners.prepare(group.entries);
    const tellChanges = feedListeners.prepare(
      [...group.changes.values()]
        .toSorted((a, b) => a.revision - b.revision)
        .map((change) => [ALL_RUNS, change] as const),
    );
    tellEntries();
    tellChanges();
  }

  /** Every read goes through here: it is synchronous, so it never sees half a transaction. */
  function reading<T>(read: () => T): T {
    if (closed) throw logClosed();
    try {
      return read();
    } catch (error) {
      throw logUnavailable(error);
    }
  }

  function headOf(runId: string): RunHead | undefined {
    return toHead(sql.head.get([runId]));
  }

  return {
    async create({ start, summary, idempotencyKey }) {
      const { runId } = start;
      const events = [start];
      if (checkBatch(runId, events).first !== 1) {
        throw new StagewireError("INTERNAL", `Run "${runId}" must begin with event 1, not ${start.seq}.`);
      }
      const json = JSON.stringify(events);
      const summaryJson = JSON.stringify(summary);
      // As JSON because SQLite's text holds no lone surrogate: two keys must not become one.
      const key = idempotencyKey === undefined ? null : JSON.stringify(idempotencyKey);
      return commits.run((group) => {
        const before = key === null ? undefined : sql.runByKey.get([key]);
        if (before) return { runId: before[0], created: false, epoch: 0 };
        checkRoom();
        const revision = group.revision + 1;
        const { status, createdAt } = summary;
        const inserted = sql.insertRun.get([
          runId,
          0,
          status,
          createdAt,
          summaryJson,
          revision,
          key,
          Buffer.byteLength(json),
        ]);
        if (!inserted) throw new StagewireError("INTERNAL", `The run id "${runId}" is taken: make another one.`);
        sql.insertEntry.run([inserted[0], 1, 1, 1, json]);
        group.revision = revision;
        group.entries.push([runId, { epoch: 1, events }]);
        group.changes.set(runId, { revision, summary });
        return { runId, created: true, epoch: 1 };
      });
    },

    async claim(runId, from = 0) {
      return commits.run(() => {
        const head = toHead(sql.claim.get([runId, from, from]));
        if (!head) throw claimRefusal(runId, from, headOf(runId));
        return head;
      });
    },

    async append({ runId, epoch, events: given, summary, urgent = false }) {
      // Taken as they are now: the caller may reuse its array, and what is published must be what was stored.
      const events: readonly RunEvent[] = [...given];
      const batch = checkBatch(runId, events);
      const json = JSON.stringify(events);
      const summaryJson = summary && JSON.stringify(summary);
      const bytes = Buffer.byteLength(json);
      const closedAt = batch.closes ? (events.at(-1)?.at ?? 0) : null;
      return commits.run((group) => {
        if (!urgent) checkRoom();
        const { first, last, closes } = batch;
        const advanced = sql.advance.get([last, closes ? 1 : 0, closedAt, bytes, runId, epoch, first - 1]);
        if (!advanced) throw refusal(runId, epoch, batch, headOf(runId));
        sql.insertEntry.run([advanced[0], epoch, batch.first, batch.last, json]);
        group.entries.push([runId, { epoch, events }]);
        if (!summary || summaryJson === undefined) return;
        group.revision++;
        sql.setSummary.run([summary.status, summaryJson, group.revision, advanced[0]]);
        group.changes.set(runId, { revision: group.revision, summary });
      });
    },

    full: () => reserve.full(),

    async head(runId) {
      return reading(() => headOf(runId));
    },

    async read(runId, { after, maxBytes = Number.POSITIVE_INFINITY }) {
      return reading(() => readEntries(sql.read, runId, after, maxBytes));
    },

    subscribe(runId, listener) {
      return closed ? nothing : listeners.add(runId, listener);
    },

    async list({ status, limit = DEFAULT_LIST_LIMIT, cursor }) {
      const position = cursor === undefined ? undefined : parseListCursor(cursor);
      return reading(() => {
        // One more than asked for tells whether there is another page.
        const rows = position
          ? status
            ? sql.listStatusAfter.all([status, position.createdAt, position.runId, limit + 1])
            : sql.listAfter.all([position.createdAt, position.runId, limit + 1])
          : status
            ? sql.listStatus.all([status, limit + 1])
            : sql.list.all([limit + 1]);
        const runs = rows.slice(0, limit).map(([json]) => parseSummary(json));
        const last = runs.at(-1);
        return rows.length > limit && last ? { runs, nextCursor: formatListCursor(last) } : { runs };
      });
    },

    async summary(runId) {
      return reading(() => {
        const row = sql.summary.get([runId]);
        return row && parseSummary(row[0]);
      });
    },

    async openRuns() {
      return reading(() => sql.openRuns.all([]).map(([runId]) => runId));
    },

    async changes(revision, limit) {
      return reading(() =>
        sql.changes
          .all([revision, limit])
          .map(([changed, json]) => ({ revision: changed, summary: parseSummary(json) })),
      );
    },

    async revision() {
      return reading(() => commits.revision);
    },

    subscribeChanges(listener) {
      return closed ? nothing : feedListeners.add(ALL_RUNS, listener);
    },

    async compact(input) {
      const done = compaction.then(() => compactRun(sql, commits, reading, input));
      compaction = done.catch(() => {});
      await done;
      await releasePages(database.db, sql, () => closed);
    },

    async delete(runId) {
      await commits.run((group) => {
        const [number, , head, isClosed] = sql.run.get([runId]) ?? [];
        if (number === undefined || head === undefined) throw runNotFound(runId);
        if (!isClosed) {
          throw new StagewireError("INTERNAL", `Run "${runId}" is open: only a closed run can be deleted.`);
        }
        sql.keepRevision.run([group.revision]);
        sql.deleteEntries.run([number, 0, head]);
        sql.deleteRun.run([number]);
        // What changed in this same turn is not told either: there is nothing any more that it could be read from.
        group.changes.delete(runId);
      });
      await releasePages(database.db, sql, () => closed);
    },

    async closedRuns({ after, uncompacted = false, limit }) {
      return reading(() => {
        const query = uncompacted ? sql.looseRuns : sql.closedRuns;
        const rows = query.all([after?.closedAt ?? Number.MIN_SAFE_INTEGER, after?.runId ?? "", limit]);
        return rows.map(([runId, closedAt, bytes]) => ({ runId, closedAt, bytes }));
      });
    },

    async keepPlace({ reader, revision, runs, done = [] }) {
      // Taken as they are now: the caller may go on with its map.
      const [kept, forgotten] = [[...runs], [...done]];
      return commits.run(() => {
        checkRoom();
        sql.keepReader.run([reader, revision]);
        for (const [runId, seq] of kept) sql.keepPlace.run([reader, runId, seq]);
        for (const runId of forgotten) sql.forgetPlace.run([reader, runId]);
      });
    },

    async place(reader) {
      return reading(() => {
        const row = sql.reader.get([reader]);
        return row && { revision: row[0], runs: new Map(sql.places.all([reader])) };
      });
    },

    async size() {
      return reading(() => {
        const [runs, closedRuns, bytes] = sql.size.get([]) ?? [0, 0, 0];
        return { runs, closedRuns, bytes, storeBytes: database.bytes() };
      });
    },

    async runSize(runId) {
      return reading(() => {
        const row = sql.runSize.get([runId]);
        return row && { entries: row[0], bytes: row[1] };
      });
    },

    async [Symbol.asyncDispose]() {
      if (closed) return;
      commits.close();
      closed = true;
      listeners.clear();
      feedListeners.clear();
      database.close();
    },
  };
}

function toHead(row: readonly [epoch: number, headSeq: number, closed: number] | undefined): RunHead | undefined {
  return row && { epoch: row[0], seq: row[1], closed: row[2] === 1 };
}

/** In growing pages: a reader that wants little must not pay for much, and an open cursor would hold up checkpoints. */
function readEntries(
  query: Query<[string, number, number], [epoch: number, lastSeq: number, events: string]>,
  runId: string,
  after: number,
  maxBytes: number,
): LogEntry[] {
  const entries: LogEntry[] = [];
  let bytes = 0;
  let position = after;
  for (let rows = FIRST_PAGE_ROWS; ; rows = Math.min(rows * 2, MAX_PAGE_ROWS)) {
    const page = query.all([runId, position, rows]);
    for (const [epoch, lastSeq, json] of page) {
      entries.push({ epoch, events: parseEvents(json) });
      position = lastSeq;
      bytes += Buffer.byteLength(json);
      if (bytes >= maxBytes) return entries;
    }
    if (page.length < rows) return entries;
  }
}

/** What this driver wrote is trusted: it was parsed where it came in. */
function parseSummary(json: string): RunSummary {
  return JSON.parse(json);
}

function parseEvents(json: string): RunEvent[] {
  return JSON.parse(json);
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)), "StagewireListenerWarning");
}

function nothing(): void {}
