import type { DiffLine } from "./build-diff";
import { ChangedText } from "./changed-text";
import type { TableProps } from "./unified-table";

/** Both versions beside each other; a line without a counterpart stands alone. */
export function SplitTable({ lines, a, b }: TableProps) {
  return (
    <table className="diff-table" data-layout="split">
      <colgroup>
        <col className="diff-number" />
        <col className="diff-sign" />
        <col />
        <col className="diff-number" />
        <col className="diff-sign" />
        <col />
      </colgroup>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Line of {a}</th>
          <th scope="col">Removed</th>
          <th scope="col">Text of {a}</th>
          <th scope="col">Line of {b}</th>
          <th scope="col">Added</th>
          <th scope="col">Text of {b}</th>
        </tr>
      </thead>
      <tbody>
        {besideEachOther(lines).map(([left, right]) => (
          <tr key={`${left?.a ?? ""}.${right?.b ?? ""}`}>
            <Side line={left} number={left?.a} sign="−" />
            <Side line={right} number={right?.b} sign="+" />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface SideProps {
  readonly line: DiffLine | undefined;
  readonly number: number | undefined;
  readonly sign: string;
}

function Side({ line, number, sign }: SideProps) {
  const kind = line?.kind ?? "none";
  return (
    <>
      <td className="diff-number" data-kind={kind}>
        {number}
      </td>
      <td className="diff-sign" data-kind={kind}>
        {kind === "same" || kind === "none" ? "" : sign}
      </td>
      <td className="diff-text" data-kind={kind}>
        {line && <ChangedText line={line} />}
      </td>
    </>
  );
}

type Row = [left: DiffLine | undefined, right: DiffLine | undefined];

/** The n-th line that was removed beside the n-th that was added in its place. */
function besideEachOther(lines: readonly DiffLine[]): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    if (line?.kind === "same") {
      rows.push([line, line]);
      at++;
      continue;
    }
    const removed = takeWhile(lines, at, "del");
    const added = takeWhile(lines, at + removed.length, "ins");
    for (let row = 0; row < Math.max(removed.length, added.length); row++) rows.push([removed[row], added[row]]);
    at += removed.length + added.length;
  }
  return rows;
}

function takeWhile(lines: readonly DiffLine[], from: number, kind: DiffLine["kind"]): readonly DiffLine[] {
  let to = from;
  while (lines[to]?.kind === kind) to++;
  return lines.slice(from, to);
}
