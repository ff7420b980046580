import type { RunStatus, RunSummary } from "@stagewire/shared";

/**
 * The newest runs without a hole: every run down to the oldest one that was listed. Changes of older runs are kept
 * until the list gets to them. Cheap with tens of thousands: a change costs one copy of the list, not a sort.
 */
export interface RunsList {
  /** The runs of one page, in the order of `runs.list`; `last` when none follow. */
  addPage(page: readonly RunSummary[], last: boolean): void;
  /** One change, from the feed. */
  change(summary: RunSummary): void;
  /** What the server has now, from its newest run on; `last` when none follow. Ended runs that it lacks were deleted. */
  reread(runs: readonly RunSummary[], last: boolean): void;
  /** Newest first. The same array until something changed. */
  read(): readonly RunSummary[];
}

/** For good. What alone is ever deleted. */
const ENDED: ReadonlySet<RunStatus> = new Set(["completed", "cancelled", "failed"]);

export function createRunsList(): RunsList {
  const byId = new Map<string, RunSummary>();
  let shown: readonly RunSummary[] = [];
  /** The oldest run that was listed; all runs are in the list once that is `undefined` and `complete`. */
  let oldest: RunSummary | undefined;
  let complete = false;
  const changed = new Set<string>();
  let grown = false;

  function put(summary: RunSummary): void {
    const known = byId.get(summary.runId);
    if (known && isOlder(summary, known)) return;
    byId.set(summary.runId, summary);
    if (known) changed.add(summary.runId);
    else grown = true;
  }
  const isShown = (run: RunSummary): boolean => complete || (oldest !== undefined && newestFirst(run, oldest) <= 0);

  return {
    addPage(page, last) {
      for (const summary of page) put(summary);
      oldest = page.at(-1) ?? oldest;
      complete = last;
      grown = true;
    },
    change: put,
    reread(runs, last) {
      for (const summary of runs) put(summary);
      const ids = new Set(runs.map(({ runId }) => runId));
      const [newest, reached] = [runs[0], runs.at(-1)];
      for (const run of byId.values()) {
        // One that began since is not missing, and of those beyond the last page nothing is known.
        const within =
          (newest === undefined || newestFirst(run, newest) > 0) &&
          (last || (reached !== undefined && newestFirst(run, reached) < 0));
        if (!within || ids.has(run.runId) || !ENDED.has(run.status)) continue;
        byId.delete(run.runId);
        grown = true;
      }
    },
    read() {
      if (grown) shown = [...byId.values()].filter(isShown).toSorted(newestFirst);
      else if (changed.size > 0) {
        shown = shown.map((run) => (changed.has(run.runId) ? (byId.get(run.runId) ?? run) : run));
      }
      changed.clear();
      grown = false;
      return shown;
    },
  };
}

/** By the clocks of those who wrote them, which may differ or be set: but an end is for good. */
function isOlder(summary: RunSummary, known: RunSummary): boolean {
  const ended = ENDED.has(known.status);
  return ended === ENDED.has(summary.status) ? known.updatedAt > summary.updatedAt : ended;
}

function newestFirst(a: RunSummary, b: RunSummary): number {
  if (a.createdAt !== b.createdAt) return b.createdAt - a.createdAt;
  return a.runId === b.runId ? 0 : a.runId < b.runId ? 1 : -1;
}
