import type { LineRuns } from "./line-runs";
import { type Place, placesOf } from "./places";

export interface DiffLine {
  readonly kind: "same" | "del" | "ins";
  readonly text: string;
  /** Its number in the first text, counted from 1; missing on an inserted line. */
  readonly a?: number;
  /** Its number in the second text; missing on a deleted line. */
  readonly b?: number;
  /** The line that it took the place of, or that took its place. */
  readonly pair?: string;
}

/** Changes close to each other, with the lines around them. */
export interface Hunk {
  readonly type: "hunk";
  /** 1 for the first. */
  readonly number: number;
  readonly lines: readonly DiffLine[];
  readonly added: number;
  readonly removed: number;
  /** Of its first changed line. */
  readonly place: Place;
}

/** Lines between two hunks that are the same in both texts. */
export interface Fold {
  readonly type: "fold";
  readonly lines: readonly DiffLine[];
}

export interface Diff {
  readonly parts: readonly (Hunk | Fold)[];
  readonly hunks: readonly Hunk[];
  readonly added: number;
  readonly removed: number;
  /** As in {@link LineRuns}. */
  readonly exact: boolean;
}

/** Unchanged lines that are shown around a change. */
const CONTEXT = 3;
/** Fewer lines are not folded: the fold would take as much room. */
const LEAST_FOLD = 3;

/** Puts together what a page shows of two texts and how their lines compare. Pure. */
export function buildDiff(a: readonly string[], b: readonly string[], { runs, exact }: LineRuns): Diff {
  const lines = toLines(a, b, runs);
  const places = { a: placesOf(a), b: placesOf(b) };
  const parts: (Hunk | Fold)[] = [];
  const hunks: Hunk[] = [];
  for (const { changed, from, to } of cut(lines)) {
    const part = lines.slice(from, to);
    if (!changed) {
      parts.push({ type: "fold", lines: part });
      continue;
    }
    const first = part.find(({ kind }) => kind !== "same");
    const hunk: Hunk = {
      type: "hunk",
      number: hunks.length + 1,
      lines: part,
      added: count(part, "ins"),
      removed: count(part, "del"),
      place: (first?.b === undefined ? places.a[(first?.a ?? 1) - 1] : places.b[first.b - 1]) ?? { code: false },
    };
    hunks.push(hunk);
    parts.push(hunk);
  }
  return { parts, hunks, added: count(lines, "ins"), removed: count(lines, "del"), exact };
}

function toLines(a: readonly string[], b: readonly string[], runs: LineRuns["runs"]): DiffLine[] {
  const lines: DiffLine[] = [];
  let atA = 0;
  let atB = 0;
  for (const [index, { kind, count: length }] of runs.entries()) {
    const before = runs[index - 1];
    const after = runs[index + 1];
    for (let offset = 0; offset < length; offset++) {
      if (kind === "same") lines.push({ kind, text: a[atA + offset] ?? "", a: atA + offset + 1, b: atB + offset + 1 });
      else if (kind === "del") {
        const pair = after?.kind === "ins" && offset < after.count ? b[atB + offset] : undefined;
        lines.push({ kind, text: a[atA + offset] ?? "", a: atA + offset + 1, ...(pair !== undefined && { pair }) });
      } else {
        const replaced = before?.kind === "del" && offset < before.count ? a[atA - before.count + offset] : undefined;
        lines.push({
          kind,
          text: b[atB + offset] ?? "",
          b: atB + offset + 1,
          ...(replaced !== undefined && { pair: replaced }),
        });
      }
    }
    if (kind !== "ins") atA += length;
    if (kind !== "del") atB += length;
  }
  return lines;
}

/** Where hunks and folds begin and end. */
function cut(lines: readonly DiffLine[]): { changed: boolean; from: number; to: number }[] {
  if (lines.every(({ kind }) => kind === "same"))
    return lines.length > 0 ? [{ changed: false, from: 0, to: lines.length }] : [];
  const near = new Uint8Array(lines.length);
  let last = -Infinity;
  for (let at = 0; at < lines.length; at++) {
    if (lines[at]?.kind !== "same") last = at;
    if (at - last <= CONTEXT) near[at] = 1;
  }
  last = Infinity;
  for (let at = lines.length - 1; at >= 0; at--) {
    if (lines[at]?.kind !== "same") last = at;
    if (last - at <= CONTEXT) near[at] = 1;
  }
  for (const { changed, from, to } of runsOf(near)) if (!changed && to - from < LEAST_FOLD) near.fill(1, from, to);
  return runsOf(near);
}

function runsOf(near: Uint8Array): { changed: boolean; from: number; to: number }[] {
  const runs: { changed: boolean; from: number; to: number }[] = [];
  for (let from = 0; from < near.length;) {
    let to = from + 1;
    while (to < near.length && near[to] === near[from]) to++;
    runs.push({ changed: near[from] === 1, from, to });
    from = to;
  }
  return runs;
}

function count(lines: readonly DiffLine[], kind: DiffLine["kind"]): number {
  return lines.reduce((sum, line) => sum + (line.kind === kind ? 1 : 0), 0);
}
