import { diffWordsWithSpace, structuredPatch } from "diff";
import type { Paint } from "./paint.js";
import { plain } from "./plain.js";

/** Lines that changed, with some around them. Each line begins with `-`, `+` or a blank. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly string[];
}

const CONTEXT = 3;
/** Ms after which two texts that have little in common are told as one change. */
const TIMEOUT_MS = 5_000;

/** What has to change in `from` to make it `to`; empty for equal texts. */
export function hunksOf(from: string, to: string): Hunk[] {
  const patch = structuredPatch("", "", ended(from), ended(to), "", "", { context: CONTEXT, timeout: TIMEOUT_MS });
  if (patch)
    return patch.hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => ({
      oldStart,
      oldLines,
      newStart,
      newLines,
      lines,
    }));
  const [before, after] = [from, to].map((text) => text.split("\n"));
  const lines = [...(before ?? []).map((line) => `-${line}`), ...(after ?? []).map((line) => `+${line}`)];
  return [{ oldStart: 1, oldLines: before?.length ?? 0, newStart: 1, newLines: after?.length ?? 0, lines }];
}

/** The hunks as lines of a unified diff. Where colours are on, the words that changed stand out within their lines. */
export function diffLines(
  { from, to, hunks }: { from: string; to: string; hunks: readonly Hunk[] },
  paint: Paint,
): string[] {
  if (hunks.length === 0) return [];
  return [
    paint("bold", `--- ${from}`),
    paint("bold", `+++ ${to}`),
    ...hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
      paint("cyan", `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`),
      ...changed(lines, paint),
    ]),
  ];
}

function changed(lines: readonly string[], paint: Paint): string[] {
  const told: string[] = [];
  for (let index = 0; index < lines.length;) {
    const removed = run(lines, index, "-");
    const added = run(lines, index + removed.length, "+");
    if (removed.length + added.length === 0) {
      told.push(plain(lines[index] ?? ""));
      index++;
      continue;
    }
    // As many lines before as after: most likely each one became the one in the same place.
    const paired = removed.length === added.length;
    const pair = (line: string, other: string | undefined, sign: "-" | "+") =>
      `${sign}${paired && other !== undefined ? words(line, other, sign, paint) : plain(line)}`;
    told.push(...removed.map((line, at) => paint("red", pair(line, added[at], "-"))));
    told.push(...added.map((line, at) => paint("green", pair(line, removed[at], "+"))));
    index += removed.length + added.length;
  }
  return told;
}

/** The lines from `start` on that have this sign, without it. */
function run(lines: readonly string[], start: number, sign: "-" | "+"): string[] {
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith(sign));
  return lines.slice(start, end < 0 ? lines.length : end).map((line) => line.slice(1));
}

function words(line: string, other: string, sign: "-" | "+", paint: Paint): string {
  const [from, to] = sign === "-" ? [line, other] : [other, line];
  return diffWordsWithSpace(from, to)
    .filter(({ added, removed }) => (sign === "-" ? !added : !removed))
    .map(({ value, added, removed }) => (added || removed ? paint("bold", plain(value)) : plain(value)))
    .join("");
}

/** A model seldom ends its text with a newline; that is no difference that anybody wants to see. */
function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
