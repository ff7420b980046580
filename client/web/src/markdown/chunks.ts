const CHUNK_LINES = 50;
const CHUNK_UNITS = 8_192;

/**
 * A long text as pieces of whole lines. Each is an element of its own on the page, so that a text which grows is only
 * laid out anew in its last piece. A line that is longer than a piece is broken: `broken` tells of it.
 */
export function chunkLines(text: string): { chunks: string[]; broken: boolean } {
  const chunks: string[] = [];
  let broken = false;
  let start = 0;
  let lines = 0;
  for (let at = 0, end = 0; at < text.length; at = end) {
    const newline = text.indexOf("\n", at);
    end = newline < 0 ? text.length : newline + 1;
    lines += 1;
    if (lines > CHUNK_LINES || end - start > CHUNK_UNITS) {
      if (at > start) chunks.push(text.slice(start, at));
      start = at;
      lines = 1;
    }
    for (let next = start; end - next > CHUNK_UNITS; start = next) {
      next = wholeCharacter(text, start + CHUNK_UNITS);
      chunks.push(text.slice(start, next));
      broken = true;
    }
  }
  if (start < text.length) chunks.push(text.slice(start));
  return { chunks, broken };
}

/** Never between the halves of a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at - 1 : at;
}
