import { isClosed, type RunSummary, type RunView } from "@stagewire/shared";
import { firstSeen } from "../lib/first-seen";

/** Ms since the run was started, by the server's count and this machine's ticking. */
export function elapsedMs(view: RunView, now: number): number {
  if (view.durationMs !== undefined) return view.durationMs;
  if (view.progress) return view.progress.elapsedMs + Math.max(0, now - firstSeen(view.progress));
  return Math.max(0, now - view.createdAt);
}

/** Ms that are left, counted down from the last report; `undefined` while nothing is known. */
export function remainingMs(view: RunView, now: number): number | undefined {
  if (isClosed(view) || view.paused || view.progress?.etaMs === undefined) return undefined;
  return Math.max(0, view.progress.etaMs - Math.max(0, now - firstSeen(view.progress)));
}

/** The same for a line of the list. */
export function summaryTimes(run: RunSummary, now: number): { elapsedMs: number; etaMs?: number } {
  const live = run.status === "queued" || run.status === "running" || run.status === "paused";
  if (!live) return { elapsedMs: run.elapsedMs ?? run.updatedAt - run.createdAt };
  const since = Math.max(0, now - firstSeen(run));
  const elapsed = (run.elapsedMs ?? Math.max(0, run.updatedAt - run.createdAt)) + since;
  if (run.etaMs === undefined || run.status !== "running") return { elapsedMs: elapsed };
  return { elapsedMs: elapsed, etaMs: Math.max(0, run.etaMs - since) };
}

/** Tokens written so far: what finished steps report, and what the running one has counted. */
export function tokensSoFar(view: RunView): number {
  const { progress } = view;
  const last = view.steps.at(-1);
  const running =
    last?.usage === undefined && last?.stage === progress?.stage && last?.iteration === progress?.iteration;
  return view.usage.completionTokens + (running ? (progress?.tokens ?? 0) : 0);
}
