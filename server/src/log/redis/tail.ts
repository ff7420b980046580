import { setTimeout as delay } from "node:timers/promises";
import type { RunEvent, RunSummary } from "@stagewire/shared";
import retry from "retry";
import type { FeedChange, LogEntry } from "../types.js";
import type { Connection } from "./connection.js";

/**
 * Hears what is appended to all watched runs, by whatever process, through one blocking XREAD. What this process
 * appends itself it is told first hand, and what comes twice is told once: each run has one position, which only rises.
 */
export interface RedisTail {
  /** Watches a run from where its log stands now. Returns the function that ends it; calling it twice is fine. */
  watch(runId: string): () => void;
  /** An own append that was committed. */
  appended(runId: string, entry: LogEntry): void;
  /** This process writes the run no longer. */
  disowned(runId: string): void;
  /** An own change that was committed. */
  changed(change: FeedChange): void;
  /** The name under which own changes are marked in the feed. */
  readonly node: string;
  close(): void;
}

export interface TailOptions {
  readonly connection: Connection;
  readonly base: string;
  /** Unique for this process. */
  readonly node: string;
  /** The feed's newest revision when this begins. */
  readonly revision: number;
  readonly onEntry: (runId: string, entry: LogEntry) => void;
  readonly onChange: (change: FeedChange) => void;
  /** A watched run that is not there any more, or of which something was not heard, or lost: its log has to be looked at. */
  readonly onMissed: (runId: string) => void;
  /** Changes after a revision, as `RunLog.changes`: at most so many at a time, none only where there are none. */
  readonly changes: (revision: number) => Promise<FeedChange[]>;
  readonly onError: (error: unknown) => void;
  /** Ms after which a silent run is looked after. @default 10_000 */
  readonly lookAfterMs?: number | undefined;
}

interface Watched {
  holders: number;
  /** The newest entry that was told. Meaningless until `located`. */
  epoch: number;
  seq: number;
  /** False until it is known where the log stood when the watch began. */
  located: boolean;
  /** By `performance.now()`: when anything was last heard, and until when it counts as written here. */
  heardAt: number;
  ownUntil: number;
  /** Where it stood when its log was found to be further; and how far, once that was told. */
  behind?: number | undefined;
  toldHead?: number | undefined;
}

type Stream = [key: string, entries: [id: string, fields: string[]][]];

/** So many entries of one run are read at a time. */
const MOST_ENTRIES = 64;
/** The longest that one XREAD waits: runs that are no longer written here are listened to after it. */
const BLOCK_MS = 2_000;
/** A living run is appended to every second at least: one that is silent for longer may be written elsewhere now. */
const OWN_MS = 3_000;
/** What Redis and this process spend on an XREAD grows with its runs: this many for each ms of pause between two. */
const RUNS_PER_MS = 500;
const LOOK_AFTER_MS = 10_000;
/** Ms until an XREAD that was refused is tried again. A lost connection needs none: it is waited for. */
const RETRY = { minTimeout: 250, maxTimeout: 5_000, factor: 2 };
const WAKE_TTL_MS = 60_000;

export function createRedisTail(options: TailOptions): RedisTail {
  const { connection, base, onEntry, onChange, onMissed, onError } = options;
  const { lookAfterMs = LOOK_AFTER_MS } = options;
  const redis = connection.blocking();
  const runs = new Map<string, Watched>();
  const logPrefix = `${base}:log:`;
  const feedKey = `${base}:feed`;
  const wakeKey = `${base}:wake:${options.node}`;
  let { node, revision } = options;
  let reconnects = 0;
  /** Own changes that were told first hand and not read yet, by revision; and those that were read before their answer came. */
  const told = new Set<number>();
  const unanswered = new Map<number, FeedChange>();
  const closed = new AbortController();
  /** Wakes that were sent, and that came back. */
  let wakes = 0;
  let woken = 0;
  let waking = false;
  /** Something changed after the wake that is under way was sent. */
  let again = false;

  /** `late`: not with the start of the watch, so that watchers may have read less than this finds. */
  const locate = (runId: string, run: Watched, late = false) => {
    // Sent at once, so that it is answered before whatever the watcher reads next: nothing falls between the two.
    connection
      .send((to) => to.hmget(`${base}:run:${runId}`, "epoch", "head"))
      .then(
        ([epoch, head]) => {
          if (runs.get(runId) !== run || run.located) return;
          Object.assign(run, { located: true, epoch: Number(epoch ?? 0), seq: Number(head ?? 0) });
          if (late) onMissed(runId);
          wake();
        },
        // Asked again after the reconnect, before everything else; and without one when it is looked after.
        () => {},
      );
  };

  /** Makes the XREAD that waits begin anew, with the runs that are watched now. */
  const wake = () => {
    if (closed.signal.aborted) return;
    if (waking) {
      again = true;
      return;
    }
    waking = true;
    const number = ++wakes;
    connection
      .send((to) => to.multi().xadd(wakeKey, "MAXLEN", 1, `${number}-0`, "w", 1).pexpire(wakeKey, WAKE_TTL_MS).exec())
      .catch(() => {})
      .finally(() => {
        waking = false;
        if (again) wake();
      });
    again = false;
  };

  const tell = (runId: string, run: Watched, epoch: number, events: readonly RunEvent[]) => {
    run.epoch = epoch;
    run.seq = events.at(-1)?.seq ?? run.seq;
    run.heardAt = performance.now();
    onEntry(runId, { epoch, events });
  };

  const takeEntries = (runId: string, entries: Stream[1]) => {
    const run = runs.get(runId);
    // Of a watch before this one: before it is known where this one begins, its position would go back afterwards.
    if (!run?.located) return;
    for (const [id, [field, json = ""]] of entries) {
      const [epoch, seq] = parseId(id);
      if (epoch < run.epoch || (epoch === run.epoch && seq <= run.seq)) continue;
      // Who takes a run over goes on where its log ends: this Redis has lost what was told.
      const lost = seq < run.seq;
      if (field === "e") tell(runId, run, epoch, JSON.parse(json) as RunEvent[]);
      else Object.assign(run, { epoch, seq });
      if (lost) onMissed(runId);
    }
  };

  const takeChanges = async (entries: Stream[1]) => {
    for (const [id, [, by, , json = ""]] of entries) {
      const [next] = parseId(id);
      if (next <= revision) continue;
      // The feed keeps a bounded number: one who fell behind gets the latest change of each run.
      if (next > revision + 1) {
        let missed: FeedChange[];
        do {
          missed = await options.changes(revision);
          for (const change of missed) onChange(change);
          revision = missed.at(-1)?.revision ?? next;
        } while (missed.length > 0 && revision < next);
        for (const known of told) if (known <= revision) told.delete(known);
        for (const known of unanswered.keys()) if (known <= revision) unanswered.delete(known);
        continue;
      }
      revision = next;
      if (by === node && told.delete(revision)) continue;
      const change = { revision, summary: JSON.parse(json) as RunSummary };
      if (by === node) unanswered.set(revision, change);
      else onChange(change);
    }
  };

  const listen = async () => {
    let failures = 0;
    while (!closed.signal.aborted) {
      const keys = [feedKey, wakeKey];
      const ids = [`${revision}-1`, `${woken}-0`];
      const now = performance.now();
      for (const [runId, run] of runs) {
        if (!run.located || run.ownUntil > now) continue;
        keys.push(logPrefix + runId);
        ids.push(`${run.epoch}-${run.seq}`);
      }
      try {
        const how = ["COUNT", String(MOST_ENTRIES), "BLOCK", String(BLOCK_MS), "STREAMS"];
        const streams = (await redis.call("XREAD", [...how, ...keys, ...ids])) as Stream[] | null;
        for (const [key, entries] of streams ?? []) {
          if (key === wakeKey) woken = Math.max(woken, ...entries.map(([id]) => parseId(id)[0]));
          else if (key === feedKey) await takeChanges(entries);
          else takeEntries(key.slice(logPrefix.length), entries);
        }
        failures = 0;
        const pauseMs = Math.floor(keys.length / RUNS_PER_MS);
        if (pauseMs > 0) await delay(pauseMs, undefined, closed);
      } catch (error) {
        if (closed.signal.aborted) return;
        onError(error);
        await delay(retry.createTimeout(failures++, RETRY));
      }
    }
  };

  /** XREAD waits for ever on a key that is gone. And whatever else may keep entries from being heard, it shows here. */
  const lookAfterSilent = async () => {
    const silentSince = performance.now() - lookAfterMs;
    const looks: Promise<boolean>[] = [];
    for (const [runId, run] of runs) {
      if (run.heardAt > silentSince) continue;
      run.heardAt = performance.now();
      if (!run.located) {
        locate(runId, run, true);
        continue;
      }
      looks.push(
        connection
          .send((to) => to.hget(`${base}:run:${runId}`, "head"))
          .then(
            (head) => runs.get(runId) === run && isUnheard(runId, run, head === null ? undefined : Number(head)),
            () => false,
          ),
      );
    }
    const unheard = (await Promise.all(looks)).filter(Boolean).length;
    if (unheard === 0 || closed.signal.aborted) return;
    onError(new Error(`What was appended to ${unheard} watched runs in Redis was not heard: it is read again.`));
    redis.disconnect(true);
  };
  const isUnheard = (runId: string, run: Watched, head: number | undefined): boolean => {
    if (head === undefined) {
      if (run.seq > 0) onMissed(runId);
      return false;
    }
    // What was told is lost, or the head was asked for just before it was told: where it begins anew is asked in any case.
    if (head < run.seq) {
      run.located = false;
      locate(runId, run, true);
      return false;
    }
    // Once it may have been appended to just now. Twice, with nothing heard in between, nothing would tell it any more.
    const unheard = head > run.seq && run.behind === run.seq && run.toldHead !== head;
    run.behind = head > run.seq ? run.seq : undefined;
    if (!unheard) return false;
    run.toldHead = head;
    onMissed(runId);
    return true;
  };
  const looking = setInterval(() => void lookAfterSilent(), lookAfterMs).unref();

  connection.onReconnect(() => {
    // Own changes whose answer was lost are told like those of others.
    node = `${options.node}.${++reconnects}`;
    for (const change of unanswered.values()) onChange(change);
    unanswered.clear();
    told.clear();
    for (const [runId, run] of runs) if (!run.located) locate(runId, run, true);
    // A Redis that lost its last writes gives their revisions again.
    connection
      .send((to) => to.get(`${base}:revision`))
      .then(
        (newest) => (revision = Math.min(revision, Number(newest ?? 0))),
        () => {},
      );
  });
  void listen();

  return {
    watch(runId) {
      let run = runs.get(runId);
      if (!run) {
        run = { holders: 0, epoch: 0, seq: 0, located: false, heardAt: performance.now(), ownUntil: 0 };
        runs.set(runId, run);
        locate(runId, run);
      }
      run.holders++;
      const held = run;
      let released = false;
      return () => {
        if (released) return;
        released = true;
        if (--held.holders === 0 && runs.get(runId) === held) runs.delete(runId);
      };
    },
    appended(runId, { epoch, events }) {
      const run = runs.get(runId);
      // What does not follow is told in its order, by the XREAD.
      if (!run?.located || events[0]?.seq !== run.seq + 1) return;
      run.ownUntil = performance.now() + OWN_MS;
      tell(runId, run, epoch, events);
    },
    disowned(runId) {
      const run = runs.get(runId);
      if (!run || run.ownUntil === 0) return;
      run.ownUntil = 0;
      wake();
    },
    changed(change) {
      if (!unanswered.delete(change.revision)) told.add(change.revision);
      onChange(change);
    },
    get node() {
      return node;
    },
    close() {
      closed.abort();
      clearInterval(looking);
      redis.disconnect();
    },
  };
}

function parseId(id: string): [number, number] {
  const dash = id.indexOf("-");
  return [Number(id.slice(0, dash)), Number(id.slice(dash + 1))];
}
