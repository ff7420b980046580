import type { LanguageName } from "./language-names";

/** What a piece of code is, as far as it has a colour. The first is text without one. */
export const TOKEN_KINDS = [
  "",
  "comment",
  "constant",
  "deleted",
  "function",
  "inserted",
  "keyword",
  "link",
  "parameter",
  "punctuation",
  "string",
  "string-expression",
] as const;

/** One line: length and index into {@link TOKEN_KINDS} of each piece, by turns. Lengths add up to the line's. */
export type TokenLine = readonly number[];

/** To the worker: colour this code, which is cut into chunks of whole lines. */
export interface HighlightRequest {
  readonly id: number;
  readonly language: LanguageName;
  readonly chunks: readonly string[];
}

/** From the worker: one chunk's lines, in order. */
export interface HighlightAnswer {
  readonly id: number;
  readonly chunk: number;
  readonly lines: readonly TokenLine[];
}
