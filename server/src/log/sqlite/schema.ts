/** Raised with every change of the schema; kept in the database's `user_version`. */
export const SCHEMA_VERSION = 3;

/** `counters.revision` keeps revisions growing when the run that had the newest one is deleted. */
const RETENTION = `
  CREATE INDEX runs_by_end ON runs (closed_at, run_id) WHERE closed = 1;
  CREATE INDEX runs_loose ON runs (closed_at, run_id) WHERE closed = 1 AND compacted = 0;
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT INTO counters (name, value) VALUES ('revision', 0);
`;

/** Where readers stand that must miss nothing; `places` holds only runs that they are not done with. */
const PLACES = `
  CREATE TABLE readers (reader TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE places (
    reader TEXT NOT NULL,
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (reader, run_id)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * `entries` is a plain rowid table, so that appends of all runs go to one end of it; the index holds the small run
 * number, not the run's id.
 */
const SCHEMA = `
  CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    head_seq INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    status TEXT NOT NULL,
    created_at REAL NOT NULL,
    summary TEXT NOT NULL,
    revision INTEGER NOT NULL,
    idempotency_key TEXT UNIQUE,
    bytes INTEGER NOT NULL DEFAULT 0,
    closed_at REAL,
    compacted INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX runs_by_age ON runs (created_at, run_id);
  CREATE INDEX runs_by_status ON runs (status, created_at, run_id);
  CREATE INDEX runs_open ON runs (created_at, number) WHERE closed = 0;
  CREATE UNIQUE INDEX runs_by_revision ON runs (revision);

  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    events TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX entries_by_run ON entries (run, last_seq);
  ${RETENTION}
  ${PLACES}
`;

/** From version 2, which knew no places. */
const FROM_VERSION_2 = PLACES;

/** From version 1, which had none of what retention needs. */
const FROM_VERSION_1 = `
  ALTER TABLE runs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN closed_at REAL;
  ALTER TABLE runs ADD COLUMN compacted INTEGER NOT NULL DEFAULT 0;
  UPDATE runs SET
    bytes = (SELECT coalesce(sum(octet_length(events)), 0) FROM entries WHERE run = number),
    closed_at = CASE WHEN closed = 1 THEN json_extract(summary, '$.updatedAt') END;
  ${RETENTION}
  ${FROM_VERSION_2}
`;

/** What makes a database of an earlier version one of this; by version, 0 being an empty one. */
export const CHANGES: readonly string[] = [SCHEMA, FROM_VERSION_1, FROM_VERSION_2];
