/** The opening of a fenced block whose content begins as JSON. */
const FENCE_START = /\n```[a-z]*[ \t]*\r?\n\s*\{/gi;

/** A review's text without the block of JSON at its end that holds the verdict, for those who show that as a list. */
export function withoutVerdict(text: string): string {
  if (!text.trimEnd().endsWith("\n```")) return text;
  const last = [...text.matchAll(FENCE_START)].at(-1);
  if (!last || !text.slice(last.index).includes('"approved"')) return text;
  return text.slice(0, last.index + 1);
}
