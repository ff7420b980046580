import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { StagewireError } from "@stagewire/shared";
import { fenced, runNotFound } from "../append-rules.js";
import { createCompaction, type Row } from "../compaction.js";
import type { CompactInput, LogEntry } from "../types.js";
import type { Connection } from "./connection.js";

/** Bytes that are parsed at a time: some 2 ms, then the others have their turn. */
const PAGE_BYTES = 128 * 1_024;
/** What a crash in the middle leaves behind is gone after so many ms. */
const FRESH_TTL_MS = 600_000;

/** Reads stored entries with their sizes. */
export type ReadPage = (
  runId: string,
  after: number,
  maxBytes: number,
) => Promise<{ entries: LogEntry[]; bytes: number }>;

/**
 * Writes the compaction of a run into a fresh stream beside it, which then takes the run's place in one step, with what
 * was appended meanwhile. Until then readers see the whole, and from then on the compaction.
 */
export async function compactRun(
  connection: Connection,
  base: string,
  read: ReadPage,
  { runId, epoch }: CompactInput,
): Promise<void> {
  const [newest, head, rewrites] = await connection.send((redis) =>
    redis.hmget(`${base}:run:${runId}`, "epoch", "head", "rewrites"),
  );
  if (!newest || !head || !rewrites) throw runNotFound(runId);
  if (Number(newest) !== epoch) throw fenced(runId, epoch, Number(newest), "a compaction");
  const end = Number(head);

  const compaction = createCompaction();
  let entriesBefore = 0;
  let bytesBefore = 0;
  for (let position = 0; position < end;) {
    const page = await read(runId, position, PAGE_BYTES);
    const last = page.entries.at(-1)?.events.at(-1)?.seq;
    if (last === undefined) throw runNotFound(runId);
    // What another process compacted meanwhile, or what was appended, is not this one's to rewrite.
    const entries = page.entries.filter(({ events }) => (events.at(-1)?.seq ?? 0) <= end);
    const cut = page.entries.length - entries.length;
    for (const { events } of page.entries.slice(entries.length))
      page.bytes -= Buffer.byteLength(JSON.stringify(events));
    compaction.add(entries);
    entriesBefore += entries.length;
    bytesBefore += page.bytes;
    position = cut > 0 ? end : last;
    await nextTurn();
  }
  const rows = await compaction.rows();
  const bytes = rows.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
  const changed = rows.length !== entriesBefore || bytes !== bytesBefore;
  const fresh = changed ? `${base}:fresh:${runId}:${randomUUID()}` : "";
  let taken = false;
  try {
    if (changed) await writeRows(connection, fresh, rows, `${epoch}-${end}`);
    const change = [rows.length - entriesBefore, bytes - bytesBefore];
    const [outcome, other] = (await connection.script("rewrite", [
      ...[runId, epoch, end, rewrites, fresh],
      ...change,
    ])) as [number, string?];
    taken = outcome === 1;
    if (outcome === -1) throw runNotFound(runId);
    if (outcome === 0) throw fenced(runId, epoch, Number(other), "a compaction");
  } finally {
    // Where Redis is lost too, it goes by itself.
    if (changed && !taken) await connection.send((redis) => redis.del(fresh)).catch(() => {});
  }
}

/** Ends with `newest`, the id that the run's stream stood at: the fence must not move. */
async function writeRows(connection: Connection, key: string, rows: readonly Row[], newest: string): Promise<void> {
  for (const { epoch, last, json } of rows) {
    await connection.send((redis) => redis.xadd(key, `${epoch}-${last}`, "e", json));
    await connection.send((redis) => redis.pexpire(key, FRESH_TTL_MS));
  }
  const last = rows.at(-1);
  if (!last) throw new StagewireError("INTERNAL", "The compaction of a run left nothing of it.");
  if (`${last.epoch}-${last.last}` !== newest) await connection.send((redis) => redis.xadd(key, newest, "c", 1));
}
