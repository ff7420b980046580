import type { RunSummary, RunView } from "@stagewire/shared";

const TITLE_LENGTH = 200;

/** A run's line in lists and feeds. Pure. */
export function summarize(view: RunView): RunSummary {
  const last = view.steps.at(-1);
  const { progress } = view;
  return {
    runId: view.runId,
    status: view.status,
    title: title(view.task),
    pipeline: view.pipeline.id,
    createdAt: view.createdAt,
    updatedAt: view.updatedAt,
    ...(last && { stage: last.stage, iteration: last.iteration }),
    ...(view.completedAt !== undefined && view.status === "completed" && { fraction: 1 }),
    ...(progress?.fraction !== undefined && { fraction: progress.fraction }),
    ...(progress?.etaMs !== undefined && { etaMs: progress.etaMs }),
    ...(progress?.tokensPerSecond !== undefined && { tokensPerSecond: progress.tokensPerSecond }),
    ...(progress?.queuePosition !== undefined && { queuePosition: progress.queuePosition }),
    elapsedMs: view.durationMs ?? progress?.elapsedMs ?? Math.max(0, view.updatedAt - view.createdAt),
    usage: view.usage,
    ...(progress?.costUsd !== undefined && { costUsd: progress.costUsd }),
    ...(view.costUsd !== undefined && { costUsd: view.costUsd }),
    ...(view.parent && { parent: view.parent }),
  };
}

/** The task's first line that says something. Cut between code points. */
function title(task: string): string {
  const line = task.trim().split("\n", 1)[0]?.trim() ?? "";
  return line.length <= TITLE_LENGTH ? line : `${line.slice(0, TITLE_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
