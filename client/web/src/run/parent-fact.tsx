import type { Parent, RunView } from "@stagewire/shared";
import { Link } from "wouter";

/** Where a forked or retried run comes from. */
export function ParentFact({ view, parent }: { view: RunView; parent: Parent }) {
  const title = view.pipeline.stages.find(({ id }) => id === parent.fromStage)?.title ?? parent.fromStage;
  return (
    <div>
      <dt>Forked from</dt>
      <dd>
        <Link href={`/runs/${parent.runId}`}>{parent.runId}</Link> at {title}
        {parent.iteration ? ` ${parent.iteration}` : ""}
      </dd>
    </div>
  );
}
