import type { RunSummary } from "@stagewire/shared";
import { memo } from "react";
import { Link } from "wouter";
import { formatClock, formatCost, formatCount, formatEta, formatExact, formatWhen } from "../lib/format";
import { summaryTimes } from "../run/elapsed";
import { StateChip } from "../ui/state-chip";

interface RunRowProps {
  readonly run: RunSummary;
  /** From 0. */
  readonly index: number;
  /** Px from the top of the table's body. */
  readonly top: number;
  readonly now: number;
}

/** One run. The link of its title covers the row. */
export const RunRow = memo(function RunRow({ run, index, top, now }: RunRowProps) {
  const { elapsedMs, etaMs } = summaryTimes(run, now);
  const running = run.status === "running" || run.status === "paused";
  const { tokensPerSecond: rate, costUsd } = run;
  return (
    <div
      className="runs-row runs-columns"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="cell">
        <StateChip state={run.status} />
      </span>
      <span role="cell" className="runs-title">
        <Link href={`/runs/${run.runId}`} data-run={run.runId}>
          {run.title}
        </Link>
      </span>
      <span role="cell" className="runs-stage">
        {stageText(run)}
        {running && run.fraction !== undefined && (
          <progress className="fraction" value={run.fraction} max={1} aria-label="Progress" />
        )}
      </span>
      <span role="cell" className="runs-elapsed">
        {formatClock(elapsedMs)}
        {etaMs !== undefined && <span className="muted">{formatEta(etaMs)} left</span>}
      </span>
      <span role="cell" className="runs-cost">
        {costUsd !== undefined && formatCost(costUsd)}
      </span>
      <span role="cell" className="runs-rate">
        {run.status === "running" && rate !== undefined && (
          <>
            {formatCount(rate)}
            <span className="runs-unit"> tokens/s</span>
          </>
        )}
      </span>
      <span role="cell" className="runs-started muted">
        <time dateTime={new Date(run.createdAt).toISOString()} title={formatExact(run.createdAt)}>
          {formatWhen(run.createdAt, now)}
        </time>
      </span>
    </div>
  );
});

function stageText({ status, stage, iteration, queuePosition }: RunSummary): string {
  if (status === "queued") return queuePosition === undefined ? "" : `position ${queuePosition}`;
  if (stage === undefined || status === "completed") return "";
  return iteration ? `${stage} ${iteration}` : stage;
}
