import { StagewireError } from "@stagewire/shared";

/** The last line of a page of runs; the next page begins after it. */
export interface ListPosition {
  /** Unix ms. */
  readonly createdAt: number;
  readonly runId: string;
}

const CURSOR = /^(\d{1,16}(?:\.\d{1,16})?)~([A-Za-z0-9_-]{1,64})$/;

/** At most 98 characters: `runs.list` takes 100. */
export function formatListCursor({ createdAt, runId }: ListPosition): string {
  return `${createdAt}~${runId}`;
}

/** Throws `INVALID_INPUT` when it is malformed. */
export function parseListCursor(cursor: string): ListPosition {
  const [, createdAt, runId] = CURSOR.exec(cursor) ?? [];
  if (createdAt === undefined || runId === undefined) {
    throw new StagewireError(
      "INVALID_INPUT",
      `The list cursor ${JSON.stringify(cursor.slice(0, 100))} is malformed: send the nextCursor of the page before, or none.`,
    );
  }
  return { createdAt: Number(createdAt), runId };
}
