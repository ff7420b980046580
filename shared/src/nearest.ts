/** The one of `known` that was most likely meant by `word`, if any is near enough. Upper and lower case are the same. */
export function nearest<Name extends string>(word: string, known: readonly Name[]): Name | undefined {
  const wanted = word.toLowerCase();
  const [typo] = known
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.floor(name.length / 4)) && distance < name.length)
    .toSorted((a, b) => a.distance - b.distance);
  return typo?.name;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
