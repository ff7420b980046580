import { memo } from "react";
import { chunkLines } from "./chunks";
import { Characters } from "./characters";

/** A part that is not formatted, and why. */
export function PlainBlock({ text, why }: { text: string; why: string }) {
  return (
    <div className="plain-block">
      <p className="plain-why">Shown as plain text: {why}.</p>
      {chunkLines(text).chunks.map((chunk, index) => (
        <Chunk key={index} text={chunk} />
      ))}
    </div>
  );
}

const Chunk = memo(function Chunk({ text }: { text: string }) {
  return (
    <div className="plain-chunk">
      <Characters text={text} />
    </div>
  );
});
