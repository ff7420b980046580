import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { StagewireError } from "@stagewire/shared";
import Database from "libsql";
import { sqliteCode } from "./errors.js";
import { createReserve, isNoSpace, type OnFull, type Reserve } from "./reserve.js";
import { CHANGES, SCHEMA_VERSION } from "./schema.js";

/** The database of a data folder, held by this process alone until `close`. */
export interface OpenDatabase {
  readonly db: Database.Database;
  readonly reserve: Reserve;
  /** What its files take on the disk, the reserve included. */
  bytes(): number;
  /** Checkpoints, closes and lets the folder go. */
  close(): void;
}

/** Creates the folder and the database where they are missing. Throws `DATA_UNAVAILABLE`. */
export function openDatabase(dataDir: string, onFull?: OnFull): OpenDatabase {
  const dir = resolve(dataDir);
  try {
    makeFolder(dir);
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw notWritable(dir, error);
  }
  const pidFile = join(dir, "runs.pid");
  const lock = takeLock(dir, pidFile);
  let reserve: Reserve | undefined;
  try {
    reserve = createReserve({ dir, onFull });
    writePid(pidFile);
    const db = openWithReserve(dir, reserve);
    const close = () => {
      reserve?.close();
      closeAll(db, pidFile, lock);
    };
    reserve.watch(() => shrink(db));
    return { db, reserve, bytes: () => fileBytes(dir), close };
  } catch (error) {
    reserve?.close();
    rmSync(pidFile, { force: true });
    lock.close();
    throw error instanceof StagewireError ? error : unusable(dir, error);
  }
}

/** A disk that is full at the start has the reserve left, or else nothing can be done. */
function openWithReserve(dir: string, reserve: Reserve): Database.Database {
  const file = join(dir, "runs.db");
  const open = () => {
    const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    try {
      prepareDatabase(db, dir);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  };
  try {
    return open();
  } catch (error) {
    if (!reserve.blame(error)) throw error;
  }
  try {
    return open();
  } catch (error) {
    throw reserve.blame(error) ? diskFull(dir, error) : error;
  }
}

/** The file serves a message only: a full disk is no reason to do without a server. */
function writePid(pidFile: string): void {
  try {
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch (error) {
    if (!isNoSpace(error)) throw error;
  }
}

/** Moves what the WAL holds into the database, as far as there is room, and gives the WAL's own back. */
function shrink(db: Database.Database): void {
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // Then it stays as it is.
  }
}

/** Throws `DATA_UNAVAILABLE` where a server could not work in the folder now. Creates nothing; not for a process that has it open. */
export function checkDataFolder(dataDir: string): void {
  const dir = resolve(dataDir);
  let existing = dir;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    if (!statSync(existing).isDirectory()) throw new Error(`${existing} is not a folder`);
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw notWritable(dir, error);
  }
  if (existsSync(join(dir, "runs.lock"))) takeLock(dir, join(dir, "runs.pid")).close();
}

/** Not `recursive`: where a folder can be seen but nothing made in it (/proc), Node 20 tries that without end. */
function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  makeFolder(dirname(dir));
  // What runs are about is nobody else's business on a shared machine.
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Somebody else made it in the same moment.
    if (!existsSync(dir)) throw error;
  }
}

/** Only a foreign tool that looks into the database can make this process wait. */
const BUSY_TIMEOUT_MS = 250;

/**
 * An open `BEGIN EXCLUSIVE` on a second, empty database: the operating system drops it with the process, `kill -9`
 * included. The database itself would do with `locking_mode=EXCLUSIVE`, but libsql 0.5 releases a connection's locks
 * only when its prepared statements are garbage collected, so a folder could not be opened again after `close`.
 * This connection only ever calls `exec`, which keeps nothing. Nothing else in this process may open the lock file:
 * closing any descriptor of a file drops the process's POSIX locks on it.
 */
function takeLock(dir: string, pidFile: string): Database.Database {
  let lock: Database.Database | undefined;
  try {
    lock = new Database(join(dir, "runs.lock"));
    // A journal file would be written at once, and on a full disk it can't be.
    lock.exec("PRAGMA journal_mode = MEMORY");
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (sqliteCode(error)?.startsWith("SQLITE_BUSY")) throw inUse(dir, pidFile);
    throw unusable(dir, error);
  }
}

/**
 * WAL with `synchronous=NORMAL`: a commit is in the operating system's hands when it is acknowledged, so it survives
 * the process (`kill -9`, a crash). It is on the disk from the next checkpoint on: a power loss or a crash of the
 * operating system may lose the last commits, in order from the end, and never damages the database.
 */
function prepareDatabase(db: Database.Database, dir: string): void {
  // Only has an effect on a database that is still empty; see docs/decisions/retention.md.
  db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = NORMAL");
  const version = userVersion(db);
  if (version > SCHEMA_VERSION) {
    throw new StagewireError(
      "DATA_UNAVAILABLE",
      `${dir} was written by a newer stagewire (schema ${version}; this one knows ${SCHEMA_VERSION}): update stagewire or use --data with another folder.`,
    );
  }
  if (version === SCHEMA_VERSION) return;
  db.exec(`BEGIN IMMEDIATE; ${CHANGES[version] ?? ""} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

function userVersion(db: Database.Database): number {
  const row: unknown = db.prepare("PRAGMA user_version").raw().get([]);
  return Array.isArray(row) ? Number(row[0]) : 0;
}

function fileBytes(dir: string): number {
  const sizes = ["runs.db", "runs.db-wal", "runs.db-shm", "runs.reserve"].map(
    (name) => statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function closeAll(db: Database.Database, pidFile: string, lock: Database.Database): void {
  // The connection outlives `close` in libsql (see takeLock): without this the folder would keep a long WAL.
  shrink(db);
  db.close();
  rmSync(pidFile, { force: true });
  lock.close();
}

/** The pid file serves this message only; the lock decides. */
function inUse(dir: string, pidFile: string): StagewireError {
  let pid: number | undefined;
  try {
    pid = Number.parseInt(readFileSync(pidFile, "utf8"), 10) || undefined;
  } catch {
    // Its owner has only just begun, or is just leaving.
  }
  const who = pid === undefined ? "another process" : pid === process.pid ? "this very process" : `pid ${pid}`;
  return new StagewireError(
    "DATA_UNAVAILABLE",
    `${dir} is in use by ${who}: stop it or use --data with another folder.`,
  );
}

function diskFull(dir: string, error: unknown): StagewireError {
  return new StagewireError(
    "DATA_UNAVAILABLE",
    `The disk of ${dir} is full: free some room on it, then start again, or use --data with another folder.`,
    { cause: error },
  );
}

function notWritable(dir: string, error: unknown): StagewireError {
  if (isNoSpace(error)) return diskFull(dir, error);
  const reason = error instanceof Error ? error.message : String(error);
  return new StagewireError(
    "DATA_UNAVAILABLE",
    `${dir} is not writable: ${reason}. Mend its permissions or use --data with another folder.`,
    { cause: error },
  );
}

function unusable(dir: string, error: unknown): StagewireError {
  const code = sqliteCode(error);
  if (code?.startsWith("SQLITE_FULL")) return diskFull(dir, error);
  if (code?.startsWith("SQLITE_NOTADB") || code?.startsWith("SQLITE_CORRUPT")) {
    return new StagewireError(
      "DATA_UNAVAILABLE",
      `The database in ${dir} is damaged or is not stagewire's: move it away or use --data with another folder.`,
      { cause: error },
    );
  }
  return notWritable(dir, error);
}
