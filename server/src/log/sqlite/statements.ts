import type Database from "libsql";

/** A statement without rows. Parameters always go as one array: libsql takes a lone `null` for something else. */
export interface Command<P extends readonly unknown[]> {
  run(parameters: P): void;
}

/** A statement with rows. */
export interface Query<P extends readonly unknown[], R extends readonly unknown[]> {
  /** The first row, where there is one. */
  get(parameters: P): R | undefined;
  all(parameters: P): R[];
}

const AFTER_CURSOR = "(created_at, run_id) < (?, ?)";
const NEWEST_FIRST = "ORDER BY created_at DESC, run_id DESC LIMIT ?";

type HeadRow = [epoch: number, headSeq: number, closed: number];
type NumberRow = [number: number];
type SummaryRow = [summary: string];
type ClosedRow = [runId: string, closedAt: number, bytes: number];
export type Statements = ReturnType<typeof prepareStatements>;

/** Every statement of the log, prepared once. Rows are arrays: libsql adds a field of its own to objects. */
export function prepareStatements(db: Database.Database) {
  function prepare<P extends readonly unknown[], R extends readonly unknown[]>(sql: string): Query<P, R> {
    return db.prepare(sql).raw() as unknown as Query<P, R>;
  }
  function prepareCommand<P extends readonly unknown[]>(sql: string): Command<P> {
    return db.prepare<P[]>(sql);
  }
  return {
    runByKey: prepare<[key: string], [runId: string]>("SELECT run_id FROM runs WHERE idempotency_key = ?"),
    insertRun: prepare<
      [
        runId: string,
        closed: number,
        status: string,
        createdAt: number,
        summary: string,
        revision: number,
        key: string | null,
        bytes: number,
      ],
      NumberRow
    >(
      `INSERT INTO runs (run_id, epoch, head_seq, closed, status, created_at, summary, revision, idempotency_key, bytes)
       VALUES (?, 1, 1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id) DO NOTHING RETURNING number`,
    ),
    /** The fence: no row when the epoch is not the newest, the head is elsewhere or the run is closed. */
    advance: prepare<
      [
        last: number,
        closes: number,
        closedAt: number | null,
        bytes: number,
        runId: string,
        epoch: number,
        head: number,
      ],
      NumberRow
    >(
      `UPDATE runs SET head_seq = ?, closed = ?, closed_at = ?, bytes = bytes + ?
       WHERE run_id = ? AND epoch = ? AND head_seq = ? AND closed = 0 RETURNING number`,
    ),
    insertEntry: prepareCommand<[run: number, epoch: number, first: number, last: number, events: string]>(
      "INSERT INTO entries (run, epoch, first_seq, last_seq, events) VALUES (?, ?, ?, ?, ?)",
    ),
    setSummary: prepareCommand<[status: string, summary: string, revision: number, run: number]>(
      "UPDATE runs SET status = ?, summary = ?, revision = ? WHERE number = ?",
    ),
    claim: prepare<[runId: string, from: number, from: number], HeadRow>(
      "UPDATE runs SET epoch = epoch + 1 WHERE run_id = ? AND (? = 0 OR epoch = ?) RETURNING epoch, head_seq, closed",
    ),
    head: prepare<[runId: string], HeadRow>("SELECT epoch, head_seq, closed FROM runs WHERE run_id = ?"),
    read: prepare<[runId: string, after: number, rows: number], [epoch: number, lastSeq: number, events: string]>(
      `SELECT epoch, last_seq, events FROM entries
       WHERE run = (SELECT number FROM runs WHERE run_id = ?) AND last_seq > ? ORDER BY last_seq LIMIT ?`,
    ),
    summary: prepare<[runId: string], SummaryRow>("SELECT summary FROM runs WHERE run_id = ?"),
    openRuns: prepare<[], [runId: string]>("SELECT run_id FROM runs WHERE closed = 0 ORDER BY created_at, number"),
    list: prepare<[limit: number], SummaryRow>(`SELECT summary FROM runs ${NEWEST_FIRST}`),
    listAfter: prepare<[createdAt: number, runId: string, limit: number], SummaryRow>(
      `SELECT summary FROM runs WHERE ${AFTER_CURSOR} ${NEWEST_FIRST}`,
    ),
    listStatus: prepare<[status: string, limit: number], SummaryRow>(
      `SELECT summary FROM runs WHERE status = ? ${NEWEST_FIRST}`,
    ),
    listStatusAfter: prepare<[status: string, createdAt: number, runId: string, limit: number], SummaryRow>(
      `SELECT summary FROM runs WHERE status = ? AND ${AFTER_CURSOR} ${NEWEST_FIRST}`,
    ),
    changes: prepare<[revision: number, limit: number], [revision: number, summary: string]>(
      "SELECT revision, summary FROM runs WHERE revision > ? ORDER BY revision LIMIT ?",
    ),
    lastRevision: prepare<[], [revision: number | null]>(
      "SELECT max(value, coalesce((SELECT max(revision) FROM runs), 0)) FROM counters WHERE name = 'revision'",
    ),
    keepRevision: prepareCommand<[revision: number]>("UPDATE counters SET value = ? WHERE name = 'revision'"),
    run: prepare<[runId: string], [number: number, epoch: number, headSeq: number, closed: number]>(
      "SELECT number, epoch, head_seq, closed FROM runs WHERE run_id = ?",
    ),
    /** The next `rows` rows after a position: how many there are, and where the last of them ends. */
    span: prepare<[run: number, after: number, rows: number], [rows: number, last: number | null]>(
      `SELECT count(*), max(last_seq) FROM
       (SELECT last_seq FROM entries WHERE run = ? AND last_seq > ? ORDER BY last_seq LIMIT ?)`,
    ),
    deleteEntries: prepareCommand<[run: number, after: number, last: number]>(
      "DELETE FROM entries WHERE run = ? AND last_seq > ? AND last_seq <= ?",
    ),
    deleteRun: prepareCommand<[run: number]>("DELETE FROM runs WHERE number = ?"),
    rewritten: prepareCommand<[bytes: number, run: number]>("UPDATE runs SET bytes = bytes + ? WHERE number = ?"),
    compacted: prepareCommand<[run: number]>("UPDATE runs SET compacted = closed WHERE number = ?"),
    closedRuns: prepare<[closedAt: number, runId: string, limit: number], ClosedRow>(closedRuns("")),
    looseRuns: prepare<[closedAt: number, runId: string, limit: number], ClosedRow>(closedRuns("AND compacted = 0")),
    keepReader: prepareCommand<[reader: string, revision: number]>(
      "INSERT INTO readers (reader, revision) VALUES (?, ?) ON CONFLICT DO UPDATE SET revision = excluded.revision",
    ),
    keepPlace: prepareCommand<[reader: string, runId: string, seq: number]>(
      "INSERT INTO places (reader, run_id, seq) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq",
    ),
    forgetPlace: prepareCommand<[reader: string, runId: string]>("DELETE FROM places WHERE reader = ? AND run_id = ?"),
    reader: prepare<[reader: string], [revision: number]>("SELECT revision FROM readers WHERE reader = ?"),
    places: prepare<[reader: string], [runId: string, seq: number]>("SELECT run_id, seq FROM places WHERE reader = ?"),
    size: prepare<[], [runs: number, closed: number, bytes: number]>(
      "SELECT count(*), coalesce(sum(closed), 0), coalesce(sum(bytes), 0) FROM runs",
    ),
    pages: prepare<[], [pages: number, free: number]>(
      "SELECT page_count, freelist_count FROM pragma_page_count(), pragma_freelist_count()",
    ),
    runSize: prepare<[runId: string], [entries: number, bytes: number]>(
      "SELECT (SELECT count(*) FROM entries WHERE run = number), bytes FROM runs WHERE run_id = ?",
    ),
  };
}

function closedRuns(which: string): string {
  return `SELECT run_id, closed_at, bytes FROM runs
    WHERE closed = 1 ${which} AND (closed_at, run_id) > (?, ?) ORDER BY closed_at, run_id LIMIT ?`;
}
