import type { RunView } from "@stagewire/shared";
import { ExportButton } from "../export/export-button";
import { byWhom } from "../lib/explain";
import { formatDuration, formatWhen } from "../lib/format";
import { keptOf } from "./kept-of";
import { OutcomePanel } from "./outcome-panel";
import { RestartButton } from "./restart-button";

/** A run that was cancelled: by whom, when and why, and the way to go on from there. */
export function Cancelled({ view }: { view: RunView }) {
  const control = view.controls.findLast(({ command, outcome }) => command.type === "cancel" && outcome !== "rejected");
  const reason = control?.command.type === "cancel" ? control.command.reason : undefined;
  return (
    <OutcomePanel
      icon="cancelled"
      title={`Cancelled after ${formatDuration(view.durationMs ?? 0)}`}
      actions={
        <>
          <RestartButton view={view} label="Continue as fork from" />
          <ExportButton />
        </>
      }
    >
      <p>
        {control
          ? `By ${byWhom(control.by)}, ${formatWhen(control.at)}${reason === undefined ? "" : `: “${reason}”`}.`
          : "Its log does not tell by whom."}{" "}
        {keptOf(view)}
      </p>
    </OutcomePanel>
  );
}
