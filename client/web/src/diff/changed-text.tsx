import { memo } from "react";
import type { DiffLine } from "./build-diff";
import { wordParts } from "./words";

/** A line's text; where it takes the place of a similar one, the words that differ stand out. */
export const ChangedText = memo(function ChangedText({ line: { kind, text, pair } }: { line: DiffLine }) {
  if (kind === "same") return text;
  const parts = wordParts(text, pair).map(({ text: part, changed }, index) =>
    changed ? (
      <span key={index} className="diff-word">
        {part}
      </span>
    ) : (
      part
    ),
  );
  return kind === "del" ? <del>{parts}</del> : <ins>{parts}</ins>;
});
