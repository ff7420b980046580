import { versionsOf } from "@stagewire/client/documents";
import type { RunView } from "@stagewire/shared";
import { lazy, Suspense } from "react";
import { ExportButton } from "../export/export-button";
import { SaveButton } from "../export/save-button";
import { saveArchive, saveDocument } from "../export/save-run";
import { formatDuration } from "../lib/format";
import { OutcomePanel } from "./outcome-panel";
import { totalsOf } from "./totals-of";

/** Loaded apart: comparing texts is not needed to read them. */
const DiffSummary = lazy(() => import("./diff-summary"));

/** A run that finished: its totals, what refinement changed, and ways to take it along. */
export function Finished({ view }: { view: RunView }) {
  const accepted = versionsOf(view).filter((version) => version.accepted);
  const [first, last] = [accepted[0], accepted.at(-1)];
  return (
    <OutcomePanel
      icon="completed"
      title={`Finished in ${formatDuration(view.durationMs ?? 0)}`}
      actions={
        <>
          <SaveButton className="primary" label="Export .md" save={() => saveDocument(view)} />
          <SaveButton className="primary" label="Export .zip" save={() => saveArchive(view)} />
          <ExportButton />
        </>
      }
    >
      <p>{totalsOf(view)}</p>
      {first && last && first !== last && (
        <Suspense fallback={null}>
          <DiffSummary runId={view.runId} first={first} last={last} />
        </Suspense>
      )}
    </OutcomePanel>
  );
}
