import type { ListInput, ListResult, RunEvent, RunStartEvent, RunSummary, StagewireError } from "@stagewire/shared";

/** What one append put into the log: consecutive events of one run, written under one epoch. */
export interface LogEntry {
  readonly epoch: number;
  /** Never empty, never changed after the append. */
  readonly events: readonly RunEvent[];
}

/** A run that is to be begun. */
export interface CreateInput {
  /** The run's first event, `seq` 1; its `runId` names the run. */
  readonly start: RunStartEvent;
  readonly summary: RunSummary;
  readonly idempotencyKey?: string;
}

/** The run that was begun, or had been before. */
export interface CreateResult {
  /** The run that the idempotency key had created before, where there was one; else the new one. */
  readonly runId: string;
  readonly created: boolean;
  /** The epoch under which the creator may append: 1. Meaningless when `created` is false. */
  readonly epoch: number;
}

/** Events to be appended to one run, all or none of them. */
export interface AppendInput {
  readonly runId: string;
  readonly epoch: number;
  /** The first one's `seq` MUST be the head's + 1, the rest consecutive. */
  readonly events: readonly RunEvent[];
  /** Replaces the run's line in lists and feeds, in the same transaction. */
  readonly summary?: RunSummary;
  /** A few events that tell why a run waits: while the log is full they MAY be stored where others are refused. */
  readonly urgent?: boolean;
}

/** A log that takes nothing for a while: it has no room left, or its store is away. */
export interface LogFull {
  /** What appends are refused with: `LOG_UNAVAILABLE`, with what to do. Fit for clients. */
  readonly error: StagewireError;
  /** Resolves once appends are taken again, or the log is closed. */
  readonly over: Promise<void>;
}

/** Where a run's log stands. */
export interface RunHead {
  readonly epoch: number;
  /** The last committed event. */
  readonly seq: number;
  /** True once `run_complete` is in the log. */
  readonly closed: boolean;
}

/** Which part of a run's log to read. */
export interface ReadOptions {
  /** Events with a higher `seq` are read; 0 reads from the start. */
  readonly after: number;
  /** Stops after the entry that reaches this many bytes of stored JSON. At least one entry is read. @default unlimited */
  readonly maxBytes?: number;
}

/** One change of a run's summary, as the feed over all runs tells it. */
export interface FeedChange {
  /** Grows with every change of any run. */
  readonly revision: number;
  readonly summary: RunSummary;
}

/** Which run to compact, and under which epoch. */
export interface CompactInput {
  readonly runId: string;
  /** The epoch that the caller knows as the newest one. */
  readonly epoch: number;
}

/** A run that has ended. */
export interface ClosedRun {
  readonly runId: string;
  /** Unix ms: `at` of its `run_complete`. */
  readonly closedAt: number;
  /** Bytes of stored JSON. */
  readonly bytes: number;
}

/** Which closed runs to list, those that ended first before others. */
export interface ClosedRunsInput {
  /** Goes on behind this one. */
  readonly after?: Pick<ClosedRun, "closedAt" | "runId">;
  /** True for those alone that were not compacted since they ended. */
  readonly uncompacted?: boolean;
  readonly limit: number;
}

/** Where a reader stands that must miss nothing, also over a crash: in the feed, and in the runs it has begun with. */
export interface ReaderPlace {
  /** Changes up to this revision were seen. */
  readonly revision: number;
  /** By run, the `seq` of the last event that it is done with. */
  readonly runs: ReadonlyMap<string, number>;
}

/** How a reader's place changes. */
export interface PlaceChange extends ReaderPlace {
  /** At most 100 characters of ASCII. */
  readonly reader: string;
  /** Runs whose place is forgotten: it is done with all of them. */
  readonly done?: Iterable<string>;
}

/** What a whole log takes. */
export interface LogSize {
  readonly runs: number;
  /** Of them, those that have ended. */
  readonly closedRuns: number;
  /** Bytes of stored JSON of all runs. */
  readonly bytes: number;
  /** Bytes that the store itself takes, with indexes and free room, and with whatever else is kept in it. */
  readonly storeBytes: number;
}

/** What one run takes. */
export interface RunSize {
  /** Stored entries. */
  readonly entries: number;
  /** Bytes of stored JSON. */
  readonly bytes: number;
}

/**
 * The append-only log of every run. One writer a run, fenced by epoch; any number of readers.
 * Every driver passes `test/suites/run-log.ts`.
 *
 * Every method rejects with a `StagewireError`: `RUN_NOT_FOUND`, `FENCED`, or `LOG_UNAVAILABLE` when the store fails,
 * after which nothing of that call is in the log. The one exception is a connection that is lost before the answer
 * came: then all of the call is in the log or nothing, and reading tells which.
 */
export interface RunLog extends AsyncDisposable {
  /** Creates a run with its first event. MUST be atomic with the idempotency key's check. */
  create(input: CreateInput): Promise<CreateResult>;

  /**
   * Takes a run over: from then on, appends under any older epoch MUST be refused with `FENCED`. With `from` it does so
   * only while that is the newest epoch, and MUST be refused with `FENCED` otherwise.
   */
  claim(runId: string, from?: number): Promise<RunHead>;

  /**
   * Resolves once the events are committed; all of them are or none. MUST refuse an older epoch with `FENCED`, and
   * events that do not follow the head, or follow `run_complete`, with `INTERNAL`.
   * Appends of one run that are called in order are committed in order.
   */
  append(input: AppendInput): Promise<void>;

  /**
   * Defined from when the store was found full, or lost, until it takes appends again; one outage is one object.
   * Meanwhile `create` and `append` are refused, what is `urgent` and `claim` are tried all the same, and reads go on
   * where the store can be reached.
   */
  full(): LogFull | undefined;

  /** `undefined` when there is no such run. */
  head(runId: string): Promise<RunHead | undefined>;

  /** Committed entries in order. The first may begin at or below `after` (entries are not cut). Empty at the head or for an unknown run. */
  read(runId: string, options: ReadOptions): Promise<LogEntry[]>;

  /**
   * Calls `listener` with every entry that is committed after this call, in order, and never before its commit. One
   * that another process committed shortly before may be told too. `onMissed` is called when a log that is shared finds
   * that another process has deleted the run, or that it did not hear everything: what there is has to be read.
   * Returns the unsubscribe function; calling it twice is fine. A listener that throws harms nobody else.
   */
  subscribe(runId: string, listener: (entry: LogEntry) => void, onMissed?: () => void): () => void;

  /** Newest first. */
  list(input: ListInput): Promise<ListResult>;

  /** The current summary, if there is such a run. */
  summary(runId: string): Promise<RunSummary | undefined>;

  /** Ids of runs without a `run_complete`, oldest first. */
  openRuns(): Promise<string[]>;

  /** The latest change of each run whose latest change is after `revision`, in order of revision, at most `limit`. */
  changes(revision: number, limit: number): Promise<FeedChange[]>;

  /** The newest revision; 0 when there is none. */
  revision(): Promise<number>;

  /**
   * Calls `listener` after each commit that changed a summary. Those of other processes may come later than own ones,
   * some only as the run's latest, and after a lost connection one may come twice. Returns the unsubscribe function.
   */
  subscribeChanges(listener: (change: FeedChange) => void): () => void;

  /**
   * Rewrites what the log held of the run when this was called as its compaction (`compact` of `@stagewire/shared`
   * over the whole of it). Folds, heads and cursors stay what they were, nobody is told, and readers and appends go on
   * meanwhile: what one reads at any moment is consecutive, of it all or of its compaction. A crash in the middle
   * leaves it readable, and compacting again completes it. MUST refuse another epoch than the newest with `FENCED`,
   * and MUST keep the epoch of each event that stays.
   */
  compact(input: CompactInput): Promise<void>;

  /**
   * Removes a closed run with its summary and its idempotency key, all of it or nothing. MUST refuse an open run with
   * `INTERNAL`. Revisions go on growing, and no change is told.
   */
  delete(runId: string): Promise<void>;

  /** Closed runs, first the one that ended first. */
  closedRuns(input: ClosedRunsInput): Promise<ClosedRun[]>;

  /**
   * Keeps a reader's place: the revision, and the runs that are named; what is kept of other runs stays. All of it is
   * kept or nothing. The log makes nothing of it: the runs may be unknown to it, and `delete` leaves them.
   */
  keepPlace(change: PlaceChange): Promise<void>;

  /** What was kept for this reader; `undefined` when nothing ever was. */
  place(reader: string): Promise<ReaderPlace | undefined>;

  /** What all of it takes now. */
  size(): Promise<LogSize>;

  /** What one run takes now; `undefined` when there is no such run. */
  runSize(runId: string): Promise<RunSize | undefined>;
}
