import { diffArrays } from "diff";

/** So many lines in a row are the same in both texts, or are only in the first, or only in the second. */
export interface LineRun {
  readonly kind: "same" | "del" | "ins";
  readonly count: number;
}

export interface LineRuns {
  readonly runs: readonly LineRun[];
  /** False when the texts differ too much to be compared line by line: then all between their common ends is changed. */
  readonly exact: boolean;
}

/** The lines of a text, without what ends them. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Compares at once what takes a few ms at most; `undefined` for what takes longer. Pure. */
export function compareNow(a: readonly string[], b: readonly string[]): LineRuns | undefined {
  if (a.length + b.length > 10_000) return undefined;
  return fromChanges(diffArrays([...a], [...b], { maxEditLength: 300 }));
}

/** Compares for as long as `timeoutMs`, and roughly after that. */
export function compareFor(a: readonly string[], b: readonly string[], timeoutMs: number): LineRuns {
  return fromChanges(diffArrays([...a], [...b], { timeout: timeoutMs })) ?? roughly(a, b);
}

function fromChanges(changes: ReturnType<typeof diffArrays> | undefined): LineRuns | undefined {
  if (!changes) return undefined;
  const runs = changes.map(({ added, removed, count }): LineRun => ({
    kind: added ? "ins" : removed ? "del" : "same",
    count,
  }));
  return { runs, exact: true };
}

function roughly(a: readonly string[], b: readonly string[]): LineRuns {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const runs: LineRun[] = [
    { kind: "same", count: head },
    { kind: "del", count: a.length - head - tail },
    { kind: "ins", count: b.length - head - tail },
    { kind: "same", count: tail },
  ];
  return { runs: runs.filter(({ count }) => count > 0), exact: false };
}
