import { splitControls } from "./mark-controls";

/** A text as it is, with invisible characters that turn its direction shown by their names. */
export function Characters({ text }: { text: string }) {
  const pieces = splitControls(text);
  if (pieces.length === 1 && pieces[0]?.control === false) return text;
  return pieces.map((piece, index) =>
    piece.control ? (
      <span key={index} className="prose-control">
        {piece.text}
      </span>
    ) : (
      piece.text
    ),
  );
}
