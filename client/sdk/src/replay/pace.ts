/** The place of an event that compaction dropped, and about when it was. */
export interface Slot {
  readonly seq: number;
  /** Unix ms. */
  readonly at: number;
}

/** The part of a text that goes to one slot. */
export interface Piece {
  readonly slot: Slot;
  /** UTF-16 units of the text before it. */
  readonly offset: number;
  readonly text: string;
}

/**
 * Spreads `text` evenly over the time from `since` to `until`: each slot gets what would have been written since the
 * slot before it. What comes after the last slot is left out; slots with nothing to tell too. Where each slot lies
 * before `since`, they are spread over that time as well: their moments were estimates, and `since` is not. No surrogate
 * pair is parted. Pure.
 */
export function pace(text: string, slots: readonly Slot[], since: number, until: number): Piece[] {
  const pieces: Piece[] = [];
  const step = Math.max(0, until - since) / (slots.length + 1);
  const early = slots.every(({ at }) => at <= since);
  let offset = 0;
  for (const [index, estimate] of slots.entries()) {
    const slot = early ? { seq: estimate.seq, at: since + step * (index + 1) } : estimate;
    const share = early ? (index + 1) / (slots.length + 1) : (slot.at - since) / (until - since);
    const end = wholeEnd(text, Math.floor(text.length * Math.min(1, share)));
    if (end <= offset) continue;
    pieces.push({ slot, offset, text: text.slice(offset, end) });
    offset = end;
  }
  return pieces;
}

/** `end`, or one less where it would part a surrogate pair. */
function wholeEnd(text: string, end: number): number {
  const parts = isBetween(text.charCodeAt(end - 1), 0xd800, 0xdbff) && isBetween(text.charCodeAt(end), 0xdc00, 0xdfff);
  return parts ? end - 1 : end;
}

function isBetween(code: number, first: number, last: number): boolean {
  return code >= first && code <= last;
}
