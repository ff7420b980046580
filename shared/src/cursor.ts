/**
 * A position in a run's log, as clients hold it: `"<epoch>-<seq>"`, the `seq` being the last event that was seen.
 * Opaque to clients and the same on every transport.
 */
export type Cursor = string;

/** The cursor before the first event: watching from it shows the whole run. */
export const START_CURSOR: Cursor = "0-0";

/** The parts of a {@link Cursor}. */
export interface Position {
  /** The epoch of the writer that appended the event. 0 only in {@link START_CURSOR}. */
  readonly epoch: number;
  /** The event's `seq`. */
  readonly seq: number;
}

const CURSOR = /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/;

/** Writes a position as a cursor. */
export function formatCursor(position: Position): Cursor {
  return `${position.epoch}-${position.seq}`;
}

/** Reads a cursor; `undefined` when it is malformed. Never throws. */
export function parseCursor(cursor: string): Position | undefined {
  const match = CURSOR.exec(cursor);
  return match ? { epoch: Number(match[1]), seq: Number(match[2]) } : undefined;
}
