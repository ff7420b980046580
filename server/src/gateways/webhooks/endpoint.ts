import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { formatCursor, parseCursor, type WebhookEventType } from "@stagewire/shared";
import type { OperationOptions } from "retry";
import { feed } from "../../engine/feed.js";
import type { RunLog } from "../../log/types.js";
import { isAskedFor } from "./message.js";
import { retried } from "./retried.js";
import { createSender, type Owed, type SenderOptions } from "./sender.js";

export interface EndpointOptions extends SenderOptions {
  readonly events: readonly WebhookEventType[];
  /** How the server's log calls it. */
  readonly name: string;
  readonly log: RunLog;
}

/** Tells one endpoint of what happens to runs. Nothing here slows a run down: it reads the log as watchers do. */
export interface Endpoint {
  /** Resolves when everything that has happened was tried at least once; after `ms` at the latest. */
  settled(ms: number): Promise<void>;
  /** Breaks off. What was not delivered is delivered by the next server on this log. */
  close(): Promise<void>;
}

/** A run that the endpoint is not done with: positions alone, its events stay in the log. */
interface RunInHand {
  readonly runId: string;
  /** The last event that is done with. */
  done: number;
  /** What the log keeps of `done`. */
  kept: number | undefined;
  /** The last event that was looked at. */
  read: number;
  /** Once its end was read: when the feed has come to this revision, it will not tell of the run again. */
  endRevision: number | undefined;
  /** True while its events are being looked for or delivered. */
  busy: boolean;
  /** Something happened since they were. */
  again: boolean;
}

/** Runs with something to deliver that are held at a time: while there are as many, the feed is not read on. */
const MOST_BUSY = 1_000;
/** Bytes of stored events that are read at a time. */
const PAGE_BYTES = 262_144;
/** Between looks at a log that fails. */
const LOG_RETRIES: OperationOptions = { forever: true, factor: 2, minTimeout: 1_000, maxTimeout: 30_000 };
/** Ms between looks at whether everything was tried. */
const LOOK_MS = 20;

export function createEndpoint({ url, name, events: asked, log, ...options }: EndpointOptions): Endpoint {
  const logger = options.logger.child({ webhook: name });
  const reader = readerOf(url);
  const sender = createSender({ ...options, url, logger });
  const { signal } = sender;
  const inHand = new Map<string, RunInHand>();
  /** Runs that are done with, until the log has forgotten their places. */
  const forgotten = new Set<string>();
  /** The feed's revision up to which every run that changed is in hand, or done with. */
  let seen: number | undefined;
  let busy = 0;
  let roomAgain: () => void = () => {};
  let unkept = false;
  /** What is being kept, and what is kept next. */
  let keeping = Promise.resolve();
  let waiting: Promise<void> | undefined;

  async function follow(): Promise<void> {
    seen ??= await begin();
    const ready = () => (busy < MOST_BUSY ? undefined : new Promise<void>((resolve) => (roomAgain = resolve)));
    for await (const { cursor, runs } of feed(log, { cursor: formatCursor({ epoch: 0, seq: seen }), signal, ready })) {
      for (const { runId } of runs) look(inHand.get(runId) ?? hold(runId, 0, undefined));
      seen = parseCursor(cursor)?.seq ?? seen;
      for (const run of inHand.values()) dropIfOver(run);
    }
  }

  async function begin(): Promise<number> {
    const [place, newest] = [await log.place(reader), await log.revision()];
    // A new endpoint is not told of what was over before it came.
    if (!place) await log.keepPlace({ reader, revision: newest, runs: new Map() });
    for (const [runId, seq] of place?.runs ?? []) look(hold(runId, seq, seq));
    return Math.min(place?.revision ?? newest, newest);
  }

  function hold(runId: string, done: number, kept: number | undefined): RunInHand {
    const run: RunInHand = { runId, done, kept, read: done, endRevision: undefined, busy: false, again: false };
    inHand.set(runId, run);
    return run;
  }

  function look(run: RunInHand): void {
    if (run.busy) run.again = true;
    else if (run.endRevision === undefined) void carry(run);
  }

  /** Delivers what there is of a run, event after event. */
  async function carry(run: RunInHand): Promise<void> {
    run.busy = true;
    busy++;
    try {
      do {
        run.again = false;
        for (let seq: number | undefined; (seq = await sender.send(() => next(run))) !== undefined;) {
          run.done = seq;
          run.read = seq;
          await keep();
        }
      } while (run.again);
    } catch (error) {
      // Whatever changes in the run next brings it back here.
      if (!signal.aborted) logger.error({ err: error, runId: run.runId }, "could not read what a webhook is owed");
    } finally {
      run.busy = false;
      busy--;
      if (busy < MOST_BUSY) roomAgain();
    }
    dropIfOver(run);
  }

  /** The run's next event that was asked for. */
  async function next(run: RunInHand): Promise<Owed | undefined> {
    const { runId } = run;
    for (;;) {
      const entries = await log.read(runId, { after: run.read, maxBytes: PAGE_BYTES });
      for (const { epoch, events } of entries) {
        for (const event of events) {
          if (event.seq <= run.read) continue;
          if (isAskedFor(event, asked)) {
            const summary = await log.summary(runId);
            if (summary) return { event, cursor: formatCursor({ epoch, seq: event.seq }), summary };
            return deleted(run);
          }
          run.read = event.seq;
        }
      }
      if (entries.length > 0) continue;
      const head = await log.head(runId);
      if (head && head.seq > run.read) continue;
      if (!head) return deleted(run);
      if (head.closed) run.endRevision ??= await log.revision();
      return undefined;
    }
  }

  /** By retention: nothing else deletes a run. */
  function deleted(run: RunInHand): undefined {
    if (run.endRevision === undefined) {
      const what = "a run was deleted before a webhook had told of its end";
      logger.error(
        { runId: run.runId, after: run.done },
        `${what}: what came after this event is lost for its endpoint`,
      );
    }
    run.endRevision = 0;
  }

  function dropIfOver(run: RunInHand): void {
    if (run.busy || run.endRevision === undefined || run.endRevision > (seen ?? -1)) return;
    inHand.delete(run.runId);
    forgotten.add(run.runId);
    void keep();
  }

  /** Resolves once all that has changed until now was kept. What changes while something is kept goes together, as the next. */
  function keep(): Promise<void> {
    waiting ??= keeping.then(() => {
      waiting = undefined;
      return (keeping = keepNow());
    });
    return waiting;
  }

  /** With the revision goes every run in hand, so that none is missed by one who begins there. */
  async function keepNow(): Promise<void> {
    if (seen === undefined) return;
    const changed = [...inHand.values()].filter(({ kept, done }) => kept !== done);
    const runs = new Map(changed.map(({ runId, done }) => [runId, done]));
    const done = [...forgotten];
    try {
      await log.keepPlace({ reader, revision: seen, runs, done });
    } catch (error) {
      // With the next one it is tried again; a crash before that delivers some events twice.
      if (!unkept && !signal.aborted)
        logger.warn({ err: error }, "could not keep how far a webhook has come: it is tried again");
      unkept = true;
      return;
    }
    unkept = false;
    for (const run of changed) run.kept = runs.get(run.runId);
    for (const runId of done) forgotten.delete(runId);
  }

  signal.addEventListener("abort", () => roomAgain(), { once: true });
  const following = retried(follow, LOG_RETRIES, signal, (error) => {
    logger.warn({ err: error }, "could not read what happens to runs for a webhook: it is tried again");
  }).catch((error: unknown) => {
    if (!signal.aborted) logger.error({ err: error }, "a webhook's endpoint is told nothing more");
  });

  return {
    async settled(ms) {
      for (const until = performance.now() + ms; performance.now() < until && !signal.aborted; await delay(LOOK_MS)) {
        if (seen === undefined || sender.working) continue;
        if ((await log.changes(seen, 1)).length === 0 && !sender.working) return;
      }
    },
    async close() {
      await sender.close();
      await following;
      await (waiting ?? keeping);
    },
  };
}

/** What its place is kept under: an endpoint is its address. A digest, because the address may hold a key. */
function readerOf(url: string): string {
  return `webhook:${createHash("sha256").update(new URL(url).href).digest("hex").slice(0, 32)}`;
}
