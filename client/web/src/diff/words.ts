import { diffWordsWithSpace } from "diff";

/** A part of a changed line; `changed` where it differs from the line that it is compared with. */
export interface WordPart {
  readonly text: string;
  readonly changed: boolean;
}

/** Longer lines, in UTF-16 units, are only shown as changed: nobody finds a word in them. */
const MAX_LENGTH = 2_000;
/** Lines that have less in common than this have nothing to do with each other. */
const LEAST_ALIKE = 0.3;

/**
 * The words of `text` that differ from `other`, the line on the other side. One unchanged whole where the lines are
 * not alike. Pure.
 */
export function wordParts(text: string, other: string | undefined): WordPart[] {
  const whole = [{ text, changed: false }];
  if (other === undefined || text.length + other.length > MAX_LENGTH) return whole;
  const changes = diffWordsWithSpace(other, text, { maxEditLength: 200 });
  if (!changes) return whole;
  const common = changes.reduce((sum, { added, removed, value }) => sum + (added || removed ? 0 : value.length), 0);
  if (common / Math.max(1, text.length, other.length) < LEAST_ALIKE) return whole;
  return changes.flatMap(({ added, removed, value }) => (removed ? [] : [{ text: value, changed: added }]));
}
