import { memo, useState } from "react";
import { formatCount } from "../lib/format";
import type { Diff, DiffLine, Fold, Hunk } from "./build-diff";
import { changeId } from "./go-to-change";
import { LazyPart } from "./lazy-part";
import type { Layout } from "./layout";
import { SplitTable } from "./split-table";
import { Totals } from "./totals";
import { UnifiedTable } from "./unified-table";

/** Up to so many lines are all in the page, so that the browser's own search finds them. */
const ALL_AT_ONCE = 1_500;
/** Lines of one table: beyond that a change is shown in several, each when one comes near to it. */
const TABLE_LINES = 150;

interface DiffPartsProps {
  readonly diff: Diff;
  readonly layout: Layout;
  /** The titles of the two versions. */
  readonly a: string;
  readonly b: string;
}

/** Every change with the lines around it, and between them folds of what is the same. */
export const DiffParts = memo(function DiffParts({ diff, layout, a, b }: DiffPartsProps) {
  const shown = diff.hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  const lines = (part: readonly DiffLine[]) => (
    <Lines lines={part} layout={layout} a={a} b={b} lazy={shown > ALL_AT_ONCE || part.length > ALL_AT_ONCE} />
  );
  return diff.parts.map((part, index) =>
    part.type === "hunk" ? (
      <section key={index} className="diff-change" aria-labelledby={changeId(part.number)}>
        <ChangeTitle hunk={part} of={diff.hunks.length} />
        {lines(part.lines)}
      </section>
    ) : (
      <FoldedLines key={index} fold={part}>
        {() => lines(part.lines)}
      </FoldedLines>
    ),
  );
});

function ChangeTitle({ hunk: { number, place, added, removed }, of }: { hunk: Hunk; of: number }) {
  return (
    <h2 id={changeId(number)} className="diff-change-title" tabIndex={-1}>
      Change {formatCount(number)} of {formatCount(of)}
      {place.title !== undefined && <span className="diff-place"> {place.title}</span>}{" "}
      <span className="diff-totals">
        <Totals added={added} removed={removed} />
      </span>
    </h2>
  );
}

function FoldedLines({ fold: { lines }, children }: { fold: Fold; children: () => React.ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="diff-fold">
      <button type="button" className="small" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Fold" : "Show"} {formatCount(lines.length)} unchanged {lines.length === 1 ? "line" : "lines"}
      </button>
      {open && children()}
    </div>
  );
}

interface LinesProps {
  readonly lines: readonly DiffLine[];
  readonly layout: Layout;
  readonly a: string;
  readonly b: string;
  /** Whether a table waits until one comes near to it. */
  readonly lazy: boolean;
}

function Lines({ lines, layout, a, b, lazy }: LinesProps) {
  const Table = layout === "split" ? SplitTable : UnifiedTable;
  if (!lazy) return <Table lines={lines} a={a} b={b} />;
  const tables = Array.from({ length: Math.ceil(lines.length / TABLE_LINES) }, (_, index) =>
    lines.slice(index * TABLE_LINES, (index + 1) * TABLE_LINES),
  );
  return tables.map((part, index) => (
    <LazyPart key={index} lines={part.length}>
      {() => <Table lines={part} a={a} b={b} />}
    </LazyPart>
  ));
}
