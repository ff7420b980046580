import type { DiffLine } from "./build-diff";
import { ChangedText } from "./changed-text";

const SIGNS = { same: "", del: "−", ins: "+" } as const;

export interface TableProps {
  readonly lines: readonly DiffLine[];
  /** The titles of the two versions. */
  readonly a: string;
  readonly b: string;
}

/** Lines below each other: what was removed, then what took its place. */
export function UnifiedTable({ lines, a, b }: TableProps) {
  return (
    <table className="diff-table" data-layout="unified">
      <colgroup>
        <col className="diff-number" />
        <col className="diff-number" />
        <col className="diff-sign" />
        <col />
      </colgroup>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Line of {a}</th>
          <th scope="col">Line of {b}</th>
          <th scope="col">Removed or added</th>
          <th scope="col">Text</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={`${line.a ?? ""}.${line.b ?? ""}`} data-kind={line.kind}>
            <td className="diff-number">{line.a}</td>
            <td className="diff-number">{line.b}</td>
            <td className="diff-sign">{SIGNS[line.kind]}</td>
            <td className="diff-text">
              <ChangedText line={line} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
