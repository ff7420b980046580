import { whyPlain } from "./limits";
import type { Block } from "./splitter";

/** A text with references that is longer than this stays in blocks, and its references stay as they are written. */
const MAX_WHOLE_UNITS = 65_536;

/**
 * The blocks of a finished text. Link definitions and footnotes tie distant places together: where they occur, the
 * text becomes one block.
 */
export function inWhole(blocks: readonly Block[]): readonly Block[] {
  if (!blocks.some(({ text, kind }) => kind === "markdown" && text.includes("]:"))) return blocks;
  if (blocks.some(({ text, kind }) => kind === "markdown" && whyPlain(text) !== undefined)) return blocks;
  const text = blocks.map((block) => block.text).join("");
  return text.length > MAX_WHOLE_UNITS ? blocks : [{ text, kind: "whole" }];
}
