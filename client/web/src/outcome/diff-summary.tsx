import type { Version } from "@stagewire/client/documents";
import { useMemo } from "react";
import { Link } from "wouter";
import { linesOf } from "../diff/line-runs";
import { Totals } from "../diff/totals";
import { useLineRuns } from "../diff/use-line-runs";

interface DiffSummaryProps {
  readonly runId: string;
  /** Two versions of the same run. */
  readonly first: Version;
  readonly last: Version;
}

/** How many lines refinement changed, with the way to see them. */
export default function DiffSummary({ runId, first, last }: DiffSummaryProps) {
  const a = useMemo(() => linesOf(first.text), [first.text]);
  const b = useMemo(() => linesOf(last.text), [last.text]);
  const runs = useLineRuns(a, b)?.runs;
  if (!runs) return null;
  const count = (kind: "ins" | "del") => runs.reduce((sum, run) => sum + (run.kind === kind ? run.count : 0), 0);
  const query = new URLSearchParams({ view: "diff", a: first.id, b: last.id });
  return (
    <p>
      <Totals added={count("ins")} removed={count("del")} /> since the{" "}
      <span className="outcome-version">{first.title}</span>:{" "}
      <Link href={`/runs/${runId}?${query.toString()}`}>see the changes</Link>
    </p>
  );
}
