import type { RunView } from "@stagewire/shared";
import { formatDuration } from "../lib/format";
import { Icon } from "../ui/icon";
import type { PlannedStep } from "./plan";

/** What went wrong in this step, and what was done about it. What ended the run is told by its outcome. */
export function StepErrors({ view, planned }: { view: RunView; planned: PlannedStep }) {
  const errors = view.errors.filter(
    ({ fatal, stage, iteration }) => !fatal && stage === planned.stage && (iteration ?? 0) === planned.iteration,
  );
  if (errors.length === 0) return null;
  return (
    <ul className="errors" aria-label="Errors in this step">
      {errors.map((error) => (
        <li key={error.seq}>
          <Icon name={error.retryInMs === undefined ? "failed" : "retrying"} />
          <span>
            {error.attempt !== undefined && <strong>Attempt {error.attempt}: </strong>}
            {error.message} <span className="muted">{aftermath(error)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

function aftermath({ retryInMs, code }: RunView["errors"][number]): string {
  // Another model is tried at once.
  if (retryInMs === 0) return `${code} · next attempt at once`;
  if (retryInMs !== undefined) return `${code} · next attempt after ${formatDuration(retryInMs)}`;
  return `${code} · the run went on`;
}
