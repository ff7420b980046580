import { setTimeout as delay } from "node:timers/promises";
import { type Job, Queue, WaitingError, Worker } from "bullmq";
import type { Logger } from "pino";
import type { ClusterNode } from "../engine/cluster.js";
import type { Priority, Slots } from "../engine/slots.js";
import type { ClusterStore, RunLog } from "../log/index.js";

export interface RunQueueOptions {
  readonly log: RunLog;
  readonly store: ClusterStore;
  /** Runs that are worked here at a time; 0 works none. */
  readonly concurrency: number;
  readonly logger: Logger;
}

/**
 * Places for runs over all servers: a job of BullMQ's for each run that wants to be worked. Whoever gets the job works
 * the run until it ends or waits for somebody. A worker that dies loses its jobs to the others within seconds.
 */
export interface RunQueue {
  readonly slots: Slots;
  /** Begins to work. */
  join(node: ClusterNode): void;
  /** Gets no more jobs. */
  drain(): void;
  /** Hands back the jobs that are still here; their runs must not be kept here any more. */
  close(): Promise<void>;
}

/** A worker that says nothing for so long, in ms, loses its jobs. */
const LOCK_MS = 5_000;
const RENEW_MS = 1_500;
/** How often lost jobs are looked for, and where in line the runs are that wait here. */
const LOOK_MS = 1_000;
/** How long an idle worker waits for a job at a time: less than what a connection may be silent for. */
const IDLE_SECONDS = 2;
/** Ms until a job that could not be worked here is offered again. */
const AGAIN_MS = 500;
/** Ms that Redis has to take jobs back when this process ends; later they count as lost. */
const CLOSE_MS = 3_000;
const NAME = "runs";

/** A run whose job is here. */
interface Hand {
  /** Says that the run has no more use for its place. */
  finish(): void;
  /** Gives the job back: the life of the run that worked on it is over. */
  drop(): void;
  /** True when it was finished; false when the run is not kept here any more. */
  readonly ended: Promise<boolean>;
}

export function createRunQueue({ log, store, concurrency, logger }: RunQueueOptions): RunQueue {
  const prefix = `${store.base}:queue`;
  const queue = new Queue(NAME, {
    connection: store.connect(),
    prefix,
    skipMetasUpdate: true,
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  /** Runs that are kept here and wait for their job, which may come here or to another. */
  const waiting = new Map<string, { readonly priority: Priority; begin(hand: Hand): void; forget(): void }>();
  const hands = new Map<string, Hand>();
  /** Runs that are kept here and wait for somebody. */
  const passed = new Set<string>();
  let line: ReadonlyMap<string, number> = new Map();
  let worker: Worker | undefined;
  let draining = false;

  /** What could not be done is done at the next look. */
  const quiet = (error: unknown) => {
    // While Redis is away the log says so.
    const level = log.full() ? "debug" : "info";
    logger[level]({ err: error }, "the queue of runs failed; it is tried again");
  };
  queue.on("error", quiet);

  // BullMQ gives out jobs of any priority after those of none.
  const add = (runId: string, priority: Priority) =>
    queue.add(NAME, {}, { jobId: runId, ...(priority === "low" && { priority: 1 }) });
  const lookOnce = async () => {
    const ids = await queue.getRanges(["wait", "prioritized"], 0, -1, true);
    line = new Map(ids.map((id, index) => [id, index + 1]));
    // A job that was lost, or that ended in the moment it was added, is added again. One that is worked is left alone.
    for (const [runId, { priority }] of waiting) if (!line.has(runId)) void add(runId, priority).catch(quiet);
  };
  /** The look that goes on, and the one after it: whoever asks meanwhile shares it. */
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const look = (): Promise<void> => {
    if (!current) return (current = lookOnce().finally(() => (current = undefined)));
    return (next ??= current
      .catch(() => {})
      .then(() => {
        next = undefined;
        return look();
      }));
  };
  const looking = setInterval(() => {
    if (waiting.size > 0) look().catch(quiet);
  }, LOOK_MS).unref();

  const isOver = async (runId: string) => (await log.head(runId))?.closed ?? true;

  const takeInHand = (runId: string, node: ClusterNode, from: number): Hand => {
    let settle: (finished: boolean) => void = () => {};
    const settled = new Promise<boolean>((resolve) => (settle = resolve));
    const forget = () => {
      if (hands.get(runId) === hand) hands.delete(runId);
    };
    const kept = node.take(runId, from).then(() => false);
    const hand: Hand = {
      finish() {
        // At once: a run that wants to go on in this moment waits for its next job.
        forget();
        settle(true);
      },
      drop() {
        forget();
        settle(false);
      },
      ended: Promise.race([settled, kept]).finally(forget),
    };
    hands.set(runId, hand);
    if (passed.has(runId)) hand.finish();
    else waiting.get(runId)?.begin(hand);
    return hand;
  };

  const handBack = async (job: Job, token: string | undefined): Promise<never> => {
    // Not BullMQ's delay: that goes by the clock of one server, which may be wrong.
    if (!draining) await delay(AGAIN_MS, undefined, { ref: false });
    // A lock that was lost meanwhile is no harm: the job is somebody else's then.
    await job.moveToWait(token).catch(quiet);
    throw new WaitingError();
  };

  const process = async (node: ClusterNode, job: Job, token: string | undefined): Promise<void> => {
    const { id: runId = "" } = job;
    if (draining) return await handBack(job, token);
    const head = await log.head(runId).catch(() => null);
    // After the epoch was read: who took the run over since then has had the job since then, and this claim is refused.
    if (!(await job.extendLock(token ?? "", LOCK_MS))) throw new WaitingError();
    if (head === null) return await handBack(job, token);
    if (!head || head.closed) return;
    // Not handed back to the front of the line: its keeper puts it at the end, and others come first.
    if (!(await node.knows(runId))) return logger.debug({ runId }, "its pipeline is not configured here");
    // BullMQ's own renewal goes by the clock: one that is set back would lose every job that is worked here.
    const renewing = setInterval(() => void job.extendLock(token ?? "", LOCK_MS).catch(quiet), RENEW_MS).unref();
    try {
      // A job that comes once more had been lost for a while, and its run is worked here still.
      const finished = await (hands.get(runId) ?? takeInHand(runId, node, head.epoch)).ended;
      if (finished || (await isOver(runId).catch(() => false))) return;
      await handBack(job, token);
    } finally {
      clearInterval(renewing);
    }
  };

  /** Ends as `work` does; the place is given back unless the run is taken up again. */
  const inHand = async (hand: Hand, work: () => Promise<void>) => {
    await work();
    hand.finish();
  };

  return {
    slots: {
      async take(runId, priority, work, onQueued) {
        passed.delete(runId);
        const hand = hands.get(runId);
        if (hand) return await inHand(hand, work);
        const done = new Promise<void>((resolve, reject) => {
          const forget = () => {
            waiting.delete(runId);
            resolve();
          };
          const begin = (given: Hand) => {
            waiting.delete(runId);
            inHand(given, work).then(resolve, reject);
          };
          waiting.set(runId, { priority, begin, forget });
        });
        // Whether it has to wait, and where in line, is known when it stands there.
        add(runId, priority)
          .then(look)
          .then(() => {
            if (waiting.has(runId)) onQueued();
          })
          .catch(quiet);
        return await done;
      },
      pass(runId) {
        passed.add(runId);
        hands.get(runId)?.finish();
      },
      position: (runId) => (waiting.has(runId) ? (line.get(runId) ?? line.size + 1) : undefined),
      leave(runId, over) {
        passed.delete(runId);
        hands.get(runId)?.drop();
        const place = waiting.get(runId);
        if (!place) return;
        place.forget();
        if (over) queue.remove(runId).catch(quiet);
      },
    },
    join(node) {
      if (concurrency === 0 || draining) return;
      worker = new Worker(NAME, (job, token) => process(node, job, token), {
        connection: store.connect(),
        prefix,
        concurrency,
        lockDuration: LOCK_MS,
        skipLockRenewal: true,
        stalledInterval: LOOK_MS,
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        drainDelay: IDLE_SECONDS,
        runRetryDelay: LOOK_MS,
      });
      worker.on("error", quiet);
    },
    drain() {
      draining = true;
      // Waiting for its jobs, it breaks off its own wait for others: else that would swallow the wake of another server.
      worker?.pause().catch(quiet);
    },
    async close() {
      draining = true;
      clearInterval(looking);
      const over = new AbortController();
      const late = delay(CLOSE_MS, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([Promise.all([worker?.close(), queue.close()]).catch(quiet), late]);
      over.abort();
    },
  };
}
