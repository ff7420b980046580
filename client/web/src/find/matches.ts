/**
 * Where `query` stands in `text`, letters of either case; occurrences do not overlap. An empty query is found nowhere.
 */
export function findAll(text: string, query: string): number[] {
  if (query === "") return [];
  const [hay, needle] = [fold(text), fold(query)];
  const found: number[] = [];
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) found.push(at);
  return found;
}

/** In lower case, character by character where the whole would change its length: offsets must stay good. */
function fold(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return [...text].map((char) => (char.toLowerCase().length === char.length ? char.toLowerCase() : char)).join("");
}

/** Counts occurrences in the texts of several steps, and searches only those again that changed. */
export function createCounter(): (key: string, text: string, query: string) => number {
  const counted = new Map<string, { text: string; query: string; count: number }>();
  return (key, text, query) => {
    const before = counted.get(key);
    if (before?.text === text && before.query === query) return before.count;
    const count = findAll(text, query).length;
    counted.set(key, { text, query, count });
    return count;
  };
}
