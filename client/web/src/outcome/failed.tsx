import type { ErrorView, RunView } from "@stagewire/shared";
import { ExportButton } from "../export/export-button";
import { useActionRegistry, useActionStates } from "../keys/use-action";
import { useServerInfo } from "../lib/use-server-info";
import { failedStep, failure } from "../run/pulse-line";
import { CopyButton } from "../ui/copy-button";
import { diagnosticsOf } from "./diagnostics";
import { keptOf } from "./kept-of";
import { OutcomePanel } from "./outcome-panel";
import { RestartButton } from "./restart-button";

/** A run that failed: where and why, whether trying again can help, and what to do. */
export function Failed({ view, shown }: { view: RunView; shown: string | undefined }) {
  const info = useServerInfo();
  const actions = useActionRegistry();
  const { fork } = useActionStates();
  const error = failure(view);
  return (
    <OutcomePanel
      icon="failed"
      title={`The run failed${error?.stage === undefined ? "" : ` in ${placeOf(view, error)}`}`}
      actions={
        <>
          <RestartButton view={view} label="Retry" primary={error?.retryable !== false} />
          {/* Elsewhere the step that is shown offers it: it is the one that the fork begins with. */}
          {failedStep(view) === shown && (
            <button
              type="button"
              className={error?.retryable === false ? "primary" : ""}
              disabled={fork.status !== "offered"}
              onClick={() => actions.perform(["fork"])}
            >
              Fork…
            </button>
          )}
          <CopyButton label="Copy diagnostics" text={() => diagnosticsOf(view, info, navigator.userAgent)} />
          <ExportButton />
        </>
      }
    >
      <p>
        {error?.message ?? "The server gave no reason; its log has more."}{" "}
        {error && (
          <span className="code">
            {error.code}
            {error.attempt === undefined ? "" : `, attempt ${error.attempt}`}
          </span>
        )}
      </p>
      <p>
        {error &&
          (error.retryable
            ? "It may pass: a retry can succeed as things are. "
            : "A retry as things are will most likely fail the same way: mend the cause first. ")}
        {keptOf(view)}
      </p>
    </OutcomePanel>
  );
}

function placeOf(view: RunView, { stage, iteration }: ErrorView): string {
  const title = view.pipeline.stages.find(({ id }) => id === stage)?.title ?? stage;
  return `${title}${iteration ? ` ${iteration}` : ""}`;
}
