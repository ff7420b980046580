import { formatCount } from "../lib/format";
import "./totals.css";

/** How many lines were added and removed. */
export function Totals({ added, removed }: { added: number; removed: number }) {
  return (
    <>
      <span className="diff-added">
        +{formatCount(added)}
        <span className="visually-hidden"> lines added,</span>
      </span>{" "}
      <span className="diff-removed">
        −{formatCount(removed)}
        <span className="visually-hidden"> lines removed</span>
      </span>
    </>
  );
}
