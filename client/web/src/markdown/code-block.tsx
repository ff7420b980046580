import { memo, useMemo } from "react";
import { CopyButton } from "../ui/copy-button";
import { Characters } from "./characters";
import { chunkLines } from "./chunks";
import { KeepSelection } from "./keep-selection";
import { useHighlight } from "./highlight/use-highlight";
import { TOKEN_KINDS, type TokenLine } from "./highlight/tokens";

interface CodeBlockProps {
  readonly code: string;
  /** As written behind the fence; empty when nothing is. */
  readonly language: string;
  /** True while more of it may follow: it is highlighted when it is whole. */
  readonly open: boolean;
}

/** A block of code with a button that copies it. It scrolls sideways on its own. */
export function CodeBlock({ code, language, open }: CodeBlockProps) {
  const { chunks, broken } = useMemo(() => chunkLines(code), [code]);
  const highlighted = useHighlight(open || broken ? undefined : chunks, language);
  return (
    <div className="code-block">
      <div className="code-bar">
        <span className="code-language">{language || "text"}</span>
        {broken && <span className="code-note">very long lines are broken</span>}
        <CopyButton className="code-copy" text={() => code} label="Copy code" />
      </div>
      <pre tabIndex={0}>
        <code className={language ? `language-${language}` : undefined}>
          {chunks.map((chunk, index) => (
            <Chunk key={index} text={chunk} lines={highlighted?.[index]} />
          ))}
        </code>
      </pre>
    </div>
  );
}

/** Some lines, coloured once `lines` says how. */
const Chunk = memo(function Chunk({ text, lines }: { text: string; lines: readonly TokenLine[] | undefined }) {
  return (
    <KeepSelection as="span" className="code-chunk">
      {lines ? colour(text, lines) : <Characters text={text} />}
    </KeepSelection>
  );
});

function colour(text: string, lines: readonly TokenLine[]) {
  const pieces = [];
  let at = 0;
  for (const line of lines) {
    for (let index = 0; index < line.length; index += 2) {
      const end = at + (line[index] ?? 0);
      const kind = TOKEN_KINDS[line[index + 1] ?? 0];
      const characters = <Characters key={at} text={text.slice(at, end)} />;
      pieces.push(
        kind ? (
          <span key={at} className={`token-${kind}`}>
            {characters}
          </span>
        ) : (
          characters
        ),
      );
      at = end;
    }
    if (text.charAt(at) === "\n") pieces.push(text.charAt(at++));
  }
  return pieces;
}
