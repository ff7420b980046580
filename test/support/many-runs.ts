import type { RunStatus, RunSummary } from "@stagewire/shared";
import { openSqliteLog } from "../../server/src/log/index.js";

const MINUTE_MS = 60_000;
const SUBJECTS = ["a URL shortener", "a rate limiter", "a CSV import", "a job queue", "a chess clock", "a feed reader"];
const OUTCOMES = ["completed", "completed", "completed", "failed", "cancelled"] as const;

/**
 * Fills the log of a data folder with `count` closed runs, one a minute up to `until` (Unix ms). Run `n` of them,
 * from 0, has the id `seeded<n>`, the title `Task <n>: …`, and costs n cents.
 */
export async function seedRuns(dataFolder: string, count: number, until: number): Promise<void> {
  await using log = await openSqliteLog({ dir: dataFolder });
  const PAGE = 500;
  for (let first = 0; first < count; first += PAGE) {
    const numbers = Array.from({ length: Math.min(PAGE, count - first) }, (_, index) => first + index);
    await Promise.all(
      numbers.map(async (number) => {
        const runId = `seeded${number}`;
        const createdAt = until - (count - number) * MINUTE_MS;
        const outcome = OUTCOMES[number % OUTCOMES.length] ?? "completed";
        const task = `Task ${number}: ${SUBJECTS[number % SUBJECTS.length]}`;
        const summary = summaryOf({ runId, task, status: outcome, createdAt, number });
        const pipeline = { id: "build", title: "Build", stages: [{ id: "architecture", title: "Architecture" }] };
        await log.create({
          start: { runId, seq: 1, at: createdAt, type: "run_start", task, pipeline, options: {} },
          summary: { ...summary, status: "running" },
        });
        await log.append({
          runId,
          epoch: 1,
          events: [
            {
              runId,
              seq: 2,
              at: summary.updatedAt,
              type: "run_complete",
              outcome,
              usage: { promptTokens: 1, completionTokens: 2, estimated: false },
              durationMs: summary.elapsedMs ?? 0,
            },
          ],
          summary,
        });
      }),
    );
  }
}

interface Seed {
  readonly runId: string;
  readonly task: string;
  readonly status: RunStatus;
  readonly createdAt: number;
  readonly number: number;
}

function summaryOf({ runId, task, status, createdAt, number }: Seed): RunSummary {
  const elapsedMs = 1_000 * (1 + (number % 300));
  return {
    runId,
    status,
    title: task,
    pipeline: "build",
    createdAt,
    updatedAt: createdAt + elapsedMs,
    stage: "architecture",
    iteration: 0,
    elapsedMs,
    costUsd: number / 100,
  };
}
