import { setImmediate as nextTurn } from "node:timers/promises";
import { type RunSummary, type ServerUsage, StagewireError } from "@stagewire/shared";
import type { Logger } from "pino";
import type { ClosedRun, FeedChange, RunLog } from "../log/types.js";

/** Which finished runs are deleted. */
export interface RetentionLimits {
  /** Days after its end that a run is deleted. @default 0: never */
  readonly retentionDays?: number | undefined;
  /** Finished runs that are kept; those that ended first are deleted. @default 0: all */
  readonly maxRuns?: number | undefined;
  /** Ms after its end that a run is compacted: those who watched have its last events by then. @default 10_000 */
  readonly restMs?: number | undefined;
}

export interface RetentionOptions extends RetentionLimits {
  readonly log: RunLog;
  readonly logger: Logger;
  /** True for a run that is worked in this process: nobody else compacts it while it is open. */
  readonly worked: (runId: string) => boolean;
  /** False while another engine does what has to be done once for a log. @default always true */
  readonly leads?: (() => boolean) | undefined;
}

/** Keeps the log small, in the background. Whatever fails here is told in the server's log and harms no run. */
export interface Retention {
  /** Does what an earlier process, or one that led before, left undone. */
  begin(): void;
  usage(): Promise<ServerUsage>;
  /** Begins nothing more, and waits for what goes on. */
  close(): Promise<void>;
}

/** Changes of an open run after which it is compacted: there is one a second at least, so five minutes at most. */
const OPEN_CHANGES = 300;
const SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;
const PAGE = 100;
const REST_MS = 10_000;

/** Follows what happens from now on. */
export function createRetention(options: RetentionOptions): Retention {
  const { log, logger, worked, leads = always, retentionDays = 0, maxRuns = 0, restMs = REST_MS } = options;
  /** Changes of each open run since it was last compacted. */
  const changes = new Map<string, number>();
  /** Runs that have ended, in this order, until they are compacted. */
  const resting: { runId: string; until: number }[] = [];
  const unixNow = createCautiousClock();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  let closing = false;

  /** One thing at a time, so that all of it together takes a small share of this process. */
  const enqueue = (what: string, task: () => Promise<void>) => {
    work = work
      .then(() => (closing ? undefined : task()))
      .catch((error: unknown) => {
        if (!closing) logger.warn({ err: error }, what);
      });
  };

  const compact = (runId: string) =>
    enqueue(`could not compact run ${runId}; it is tried again later`, async () => {
      const head = await log.head(runId);
      if (!head) return;
      try {
        await log.compact({ runId, epoch: head.epoch });
      } catch (error) {
        // Taken over, or deleted, in between: it is somebody else's then, or nobody's.
        if (!(error instanceof StagewireError && (error.code === "FENCED" || error.code === "RUN_NOT_FOUND")))
          throw error;
      }
    });

  const heard = ({ summary }: FeedChange) => {
    const { runId } = summary;
    if (hasEnded(summary)) {
      changes.delete(runId);
      resting.push({ runId, until: performance.now() + restMs });
      wait();
      return;
    }
    const count = (changes.get(runId) ?? 0) + 1;
    const full = count >= OPEN_CHANGES && worked(runId);
    changes.set(runId, full ? 0 : count);
    if (full) compact(runId);
  };
  const wait = () => {
    const [first] = resting;
    if (!first || timer || closing) return;
    timer = setTimeout(rested, Math.max(0, first.until - performance.now())).unref();
  };
  const rested = () => {
    timer = undefined;
    const now = performance.now();
    while (resting[0] && resting[0].until <= now) {
      const runId = resting.shift()?.runId ?? "";
      if (leads()) compact(runId);
    }
    if (maxRuns > 0) sweep();
    wait();
  };

  /** Runs that the limits give up now, first the one that ended first. */
  async function* due(): AsyncGenerator<ClosedRun, void> {
    if (retentionDays <= 0 && maxRuns <= 0) return;
    const endedBefore = retentionDays > 0 ? unixNow() - retentionDays * DAY_MS : -Infinity;
    let excess = maxRuns > 0 ? (await log.size()).closedRuns - maxRuns : 0;
    for await (const run of closedRuns(log)) {
      if (run.closedAt >= endedBefore && excess <= 0) return;
      excess--;
      yield run;
    }
  }

  const sweep = () =>
    enqueue("could not delete old runs; it is tried again later", async () => {
      if (!leads()) return;
      const gone = { runs: 0, bytes: 0 };
      try {
        for await (const run of due()) {
          if (closing) return;
          await log.delete(run.runId);
          gone.runs++;
          gone.bytes += run.bytes;
        }
      } finally {
        if (gone.runs > 0) logger.info({ ...gone, retentionDays, maxRuns }, "deleted old runs");
      }
    });

  const unsubscribe = log.subscribeChanges(heard);
  const sweeps = setInterval(sweep, SWEEP_MS).unref();

  return {
    begin() {
      enqueue("could not look for runs to compact; it is tried at the next start", async () => {
        for await (const { runId } of closedRuns(log, true)) {
          if (closing) return;
          compact(runId);
        }
      });
      sweep();
    },
    async usage() {
      const size = await log.size();
      const [oldest] = await log.closedRuns({ limit: 1 });
      const going = { runs: 0, bytes: 0 };
      for await (const { bytes } of due()) {
        going.runs++;
        going.bytes += bytes;
      }
      return {
        ...size,
        ...(oldest && { oldest: { runId: oldest.runId, closedAt: oldest.closedAt } }),
        retention: { ...(retentionDays > 0 && { days: retentionDays }), ...(maxRuns > 0 && { maxRuns }) },
        due: going,
      };
    },
    async close() {
      closing = true;
      unsubscribe();
      clearInterval(sweeps);
      clearTimeout(timer);
      await work;
    },
  };
}

/** Page by page, with a turn for the others in between. Deleting what was yielded is fine. */
async function* closedRuns(log: RunLog, uncompacted = false): AsyncGenerator<ClosedRun, void> {
  for (let after: ClosedRun | undefined; ;) {
    const page = await log.closedRuns({ limit: PAGE, uncompacted, ...(after && { after }) });
    yield* page;
    after = page.at(-1);
    if (page.length < PAGE) return;
    await nextTurn();
  }
}

/** Unix ms by what has passed since this was called, or by the clock where that says less: a clock that is set ahead deletes nothing. */
function createCautiousClock(): () => number {
  const ahead = Date.now() - performance.now();
  return () => Math.min(Date.now(), ahead + performance.now());
}

function always(): boolean {
  return true;
}

function hasEnded({ status }: RunSummary): boolean {
  return status === "completed" || status === "cancelled" || status === "failed";
}
