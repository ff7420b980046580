/** Above this a block of markdown, code apart, is shown as plain text: parsing it would freeze the page. */
export const MAX_BLOCK_UNITS = 16_384;
/** Quotes and lists within each other. */
export const MAX_NESTING = 50;
/** Characters that may mean emphasis, links and the like, in one paragraph: their cost grows with the square. */
const MAX_MARKS = 400;
const MAX_CELLS = 3_000;

const MARKS = /\*+|_+|~+|`+|[[<!&]/g;
const CONTAINERS = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)))+/;
const NEW_PARAGRAPH = /^[\s>]*(?:$|[|#]|(?:[-*+]|\d{1,9}[.)])\s)/;

/** Why a block of markdown is shown as plain text, in words; nothing for all that people mean to write. */
export function whyPlain(text: string): string | undefined {
  if (text.length > MAX_BLOCK_UNITS) return "too long a part to format";
  if (nestingOf(text) > MAX_NESTING) return "too deeply nested to format";
  if (mostCells(text) > MAX_CELLS) return "too large a table to format";
  if (mostMarks(text) > MAX_MARKS) return "too many marks in one paragraph to format";
  return undefined;
}

/** How many quotes and lists stand within each other, at most; never less than it is. */
export function nestingOf(text: string): number {
  let most = 0;
  for (const line of text.split("\n")) {
    const prefix = CONTAINERS.exec(line)?.[0];
    if (prefix === undefined) continue;
    const markers = prefix.match(/>|[-*+]|\d+[.)]/g)?.length ?? 0;
    const indent = prefix.length - prefix.trimStart().length;
    most = Math.max(most, markers + Math.floor(indent / 2));
  }
  return most;
}

function mostCells(text: string): number {
  if (!/^[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\||$)/m.test(text)) return 0;
  const rows = text.split("\n");
  const [widest, count] = [Math.max(...rows.map((row) => row.split("|").length)), rows.length];
  // Rows that are too short are filled up with empty cells.
  return widest < 3 ? 0 : widest * count;
}

function mostMarks(text: string): number {
  let most = 0;
  let marks = 0;
  for (const line of text.split("\n")) {
    if (NEW_PARAGRAPH.test(line)) marks = 0;
    marks += line.match(MARKS)?.length ?? 0;
    most = Math.max(most, marks);
  }
  return most;
}
