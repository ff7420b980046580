import type { Diff } from "./build-diff";

const SIGNS = { same: " ", del: "-", ins: "+" } as const;

/** A diff as `patch` and reviewers read it. Pure. */
export function patchOf(diff: Diff, a: string, b: string): string {
  const hunks = diff.hunks.map(({ lines }) => {
    const [firstA, firstB] = [lines.find(({ a: at }) => at)?.a ?? 0, lines.find(({ b: at }) => at)?.b ?? 0];
    const lengthA = lines.filter(({ kind }) => kind !== "ins").length;
    const lengthB = lines.filter(({ kind }) => kind !== "del").length;
    const body = lines.map(({ kind, text }) => `${SIGNS[kind]}${text}\n`).join("");
    return `@@ -${firstA},${lengthA} +${firstB},${lengthB} @@\n${body}`;
  });
  return `--- ${a}\n+++ ${b}\n${hunks.join("")}`;
}
