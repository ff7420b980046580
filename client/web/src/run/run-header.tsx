import { isClosed, type RunView } from "@stagewire/shared";
import type { ReactNode } from "react";
import { formatClock, formatCost, formatCount, formatEta, formatWhen, pluralTokens, taskTitle } from "../lib/format";
import { useNow } from "../lib/use-now";
import { useTitle } from "../lib/use-title";
import { StateChip } from "../ui/state-chip";
import type { State } from "../ui/states";
import { elapsedMs, remainingMs, tokensSoFar } from "./elapsed";
import { ParentFact } from "./parent-fact";
import { pauseState } from "./pausing";
import { tabTitle } from "./title";

interface RunHeaderProps {
  readonly view: RunView;
  /** False while the connection is lost: then nothing is shown that would seem to go on. */
  readonly online: boolean;
  /** Stands beside the state. */
  readonly children?: ReactNode;
}

/** What the run is and how far it got. */
export function RunHeader({ view, online, children }: RunHeaderProps) {
  const now = useNow(isClosed(view) ? undefined : 500);
  const elapsed = elapsedMs(view, now);
  const left = online ? remainingMs(view, now) : undefined;
  const { progress } = view;
  const cost = view.costUsd ?? progress?.costUsd;
  useTitle(tabTitle(view, elapsed));
  return (
    <header className="run-header">
      <div className="run-heading">
        <h1 title={taskTitle(view.task)}>{taskTitle(view.task)}</h1>
        <StateChip state={chipState(view)} />
        {children}
      </div>
      <dl className="facts">
        <Fact
          name="Elapsed"
          value={`${formatClock(elapsed)}${left === undefined ? "" : ` of about ${formatClock(elapsed + left)}`}`}
        />
        {left !== undefined && <Fact name="Remaining" value={formatEta(left)} />}
        {view.status === "queued" && progress?.queuePosition !== undefined && (
          <Fact name="Queue" value={`position ${progress.queuePosition}`} />
        )}
        {cost !== undefined && <Fact name="Cost" value={formatCost(cost)} />}
        <Fact name="Written" value={pluralTokens(tokensSoFar(view), view.usage.estimated)} />
        {online && progress?.phase === "streaming" && progress.tokensPerSecond !== undefined && (
          <Fact name="Rate" value={`${formatCount(progress.tokensPerSecond)} tokens/s`} />
        )}
        {view.parent && <ParentFact view={view} parent={view.parent} />}
        <div>
          <dt className="visually-hidden">Task</dt>
          <dd>
            <details className="run-task">
              <summary>Task, started {formatWhen(view.createdAt)}</summary>
              <div className="plain">{view.task}</div>
            </details>
          </dd>
        </div>
      </dl>
      {progress?.fraction !== undefined && (
        <progress className="fraction" value={progress.fraction} max={1} aria-label="Progress of the run" />
      )}
    </header>
  );
}

function chipState(view: RunView): State {
  if (view.cancelScheduled) return "cancelling";
  return pauseState(view) === "pausing" ? "pausing" : view.status;
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
