import type { Version } from "@stagewire/client/documents";
import { isClosed, type RunView } from "@stagewire/shared";
import { useMemo } from "react";
import { useAction } from "../keys/use-action";
import { plural } from "../lib/format";
import { useCalm } from "../lib/use-calm";
import { useSame } from "../lib/use-same";
import { answerFindings, reviewsBetween } from "./findings";
import { buildDiff, type Diff } from "./build-diff";
import { DiffToolbar } from "./diff-toolbar";
import { FindingList } from "./finding-list";
import { goToChange, goToNextChange } from "./go-to-change";
import { useLayout } from "./layout";
import { linesOf } from "./line-runs";
import { DiffParts } from "./diff-parts";
import { useLineRuns } from "./use-line-runs";
import { useVersions } from "./use-versions";
import "./diff.css";

/** While a version is written, it is compared anew this often, in ms. */
const CALM_MS = 1_500;

/** Any two versions of what a run refines, and how the second answers the reviews of the first. */
export default function DiffView({ view }: { view: RunView }) {
  const { versions, pair, choose } = useVersions(view);
  if (!pair) return <p className="note">{nothingToCompare(view, versions.length)}</p>;
  return <Comparison view={view} versions={versions} a={pair[0]} b={pair[1]} onChoose={choose} />;
}

interface ComparisonProps {
  readonly view: RunView;
  readonly versions: readonly Version[];
  readonly a: Version;
  readonly b: Version;
  readonly onChoose: (a: Version, b: Version) => void;
}

function Comparison({ view, versions, a, b, onChoose }: ComparisonProps) {
  const { layout, choice } = useLayout();
  const { diff } = useDiff(a, b);
  const reviews = useSame(reviewsBetween(view, a, b));
  const findings = useMemo(() => (diff ? answerFindings(reviews, diff) : []), [reviews, diff]);
  const none = diff?.hunks.length === 0 ? "these versions are the same" : diff ? undefined : "still comparing";
  useAction("change-next", none === undefined ? () => goToNextChange(1) : undefined, none);
  useAction("change-previous", none === undefined ? () => goToNextChange(-1) : undefined, none);
  return (
    <section className="diff" aria-label={`Changes from ${a.title} to ${b.title}`}>
      <DiffToolbar
        versions={versions}
        a={a}
        b={b}
        diff={diff}
        layout={choice ? layout : undefined}
        onChoose={onChoose}
      />
      {diff && !diff.exact && (
        <p className="note">
          These texts have too little in common to be compared line by line: all between their common beginning and end
          is shown as changed.
        </p>
      )}
      <FindingList findings={findings} onGo={goToChange} />
      {diff ? (
        <DiffParts key={`${a.id} ${b.id}`} diff={diff} layout={layout} a={a.title} b={b.title} />
      ) : (
        <p className="note" role="status">
          Comparing {plural(a.text.length + b.text.length, "character")}…
        </p>
      )}
      {diff?.hunks.length === 0 && <p className="note">These two versions are the same, word for word.</p>}
    </section>
  );
}

function useDiff(a: Version, b: Version): { diff: Diff | undefined } {
  const textA = useCalm(a.text, a.status === "running" ? CALM_MS : 0);
  const textB = useCalm(b.text, b.status === "running" ? CALM_MS : 0);
  const linesA = useMemo(() => linesOf(textA), [textA]);
  const linesB = useMemo(() => linesOf(textB), [textB]);
  const runs = useLineRuns(linesA, linesB);
  const diff = useMemo(() => runs && buildDiff(linesA, linesB, runs), [linesA, linesB, runs]);
  return { diff };
}

function nothingToCompare(view: RunView, versions: number): string {
  if (!view.pipeline.stages.some(({ revises }) => revises !== undefined)) {
    return "This pipeline revises nothing, so there are no two versions to compare.";
  }
  const have = versions === 0 ? "no version" : "a single version";
  return isClosed(view)
    ? `The run ended with ${have}: there is nothing to compare.`
    : `There is ${have} so far: the diff is here as soon as the first refinement writes.`;
}
