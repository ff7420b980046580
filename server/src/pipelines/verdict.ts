import { verdictSchema, type Verdict } from "@stagewire/shared";

/** UTF-16 units looked at in all while matching braces, so that no text can hold the server up. */
const MAX_SCANNED = 2_000_000;

const APPROVED_KEY = /"approved"\s*:/g;
const STARTS_A_VERDICT = /\{\s*$/;

/**
 * Reads the verdict at the end of a review: the last JSON object with an `approved` key, in a fence of any language
 * or bare, whatever prose comes before or after it. `undefined` when there is none or it is malformed: an earlier,
 * readable object never stands in for a last one that is broken.
 */
export function parseVerdict(text: string): Verdict | undefined {
  const keys = [...text.matchAll(APPROVED_KEY)].map((match) => match.index);
  const budget = { left: MAX_SCANNED };
  for (const at of keys.toReversed()) {
    const json = enclosingObject(text, at, budget);
    if (json !== undefined) return readVerdict(json);
    // Cut off in the middle: this was meant as the verdict. Anything else is prose that quotes the key.
    if (STARTS_A_VERDICT.test(text.slice(Math.max(0, at - 100), at))) return undefined;
  }
  return undefined;
}

function readVerdict(json: string): Verdict | undefined {
  try {
    // Models write `null` for a field that they leave out.
    const value: unknown = JSON.parse(json, (_key, field: unknown) => field ?? undefined);
    return verdictSchema.safeParse(value).data;
  } catch {
    return undefined;
  }
}

/** The smallest `{…}` with balanced braces that holds position `at`. */
function enclosingObject(text: string, at: number, budget: { left: number }): string | undefined {
  let start = at;
  while (start > 0 && budget.left > 0) {
    start = text.lastIndexOf("{", start - 1);
    if (start === -1) return undefined;
    const end = closingBrace(text, start, start + budget.left);
    budget.left -= (end ?? text.length) - start;
    if (end !== undefined && end > at) return text.slice(start, end + 1);
  }
  return undefined;
}

function closingBrace(text: string, start: number, limit: number): number | undefined {
  const stop = Math.min(text.length, limit);
  let depth = 0;
  let inString = false;
  for (let i = start; i < stop; i++) {
    const char = text[i];
    if (inString) {
      if (char === "\\") i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return i;
  }
  return undefined;
}
