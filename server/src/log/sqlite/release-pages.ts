import { setImmediate as nextTurn } from "node:timers/promises";
import type Database from "libsql";
import type { Statements } from "./statements.js";

/** Free pages of 4 KiB that are always kept: runs that come will want them. */
const KEPT_PAGES = 1_024;
/** Pages that are given back at a time: about a ms. */
const STEP_PAGES = 32;

/**
 * Gives free pages back to the disk once more than 4 MiB and a quarter of the database are free, step by step, until
 * an eighth is. Never fails: what could not be given back now is used again, or given back the next time.
 */
export async function releasePages(db: Database.Database, sql: Statements, closed: () => boolean): Promise<void> {
  let share = 4;
  while (!closed()) {
    try {
      const [pages, free] = sql.pages.get([]) ?? [0, 0];
      if (free <= Math.max(KEPT_PAGES, pages / share)) return;
      db.exec(`PRAGMA incremental_vacuum(${STEP_PAGES})`);
      // A database that was made without `auto_vacuum` gives nothing back.
      if ((sql.pages.get([])?.[1] ?? free) >= free) return;
    } catch {
      return;
    }
    share = 8;
    await nextTurn();
  }
}
