import type { RunCompleteEvent, RunEvent, RunStartEvent, RunSummary, TokenEvent } from "@stagewire/shared";
import type { AppendInput, CreateInput, CreateResult, LogEntry, RunLog } from "../../server/src/log/index.js";

/** A log under test, over a store of its own that is gone after the dispose. */
export interface LogFixture extends AsyncDisposable {
  log: RunLog;
  /** Disposes the log and opens another one over the same store. */
  reopen(): Promise<RunLog>;
}

const AT = 1_800_000_000_000;

export function startEvent(runId: string, task = "Write a parser"): RunStartEvent {
  return {
    runId,
    seq: 1,
    at: AT,
    type: "run_start",
    task,
    pipeline: { id: "build", title: "Build", stages: [{ id: "architecture", title: "Architecture" }] },
    options: {},
  };
}

export function token(runId: string, seq: number, text = `t${seq}`): TokenEvent {
  return {
    runId,
    seq,
    at: AT + seq,
    type: "token",
    stage: "architecture",
    iteration: 0,
    attempt: 1,
    channel: "output",
    offset: 0,
    text,
  };
}

export function complete(runId: string, seq: number): RunCompleteEvent {
  return {
    runId,
    seq,
    at: AT + seq,
    type: "run_complete",
    outcome: "completed",
    usage: { promptTokens: 1, completionTokens: 2, estimated: false },
    durationMs: 3,
  };
}

export function summaryOf(runId: string, fields: Partial<RunSummary> = {}): RunSummary {
  return {
    runId,
    status: "running",
    title: "Write a parser",
    pipeline: "build",
    createdAt: AT,
    updatedAt: AT,
    ...fields,
  };
}

/** Creates a run with its first event. */
export function createRun(log: RunLog, runId: string, input: Partial<CreateInput> = {}): Promise<CreateResult> {
  return log.create({ start: startEvent(runId), summary: summaryOf(runId), ...input });
}

/** Appends tokens `first … last` in one append. */
export function appendTokens(
  log: RunLog,
  runId: string,
  first: number,
  last: number,
  input: Partial<AppendInput> = {},
): Promise<void> {
  const events = Array.from({ length: last - first + 1 }, (_, index) => token(runId, first + index));
  return log.append({ runId, epoch: 1, events, ...input });
}

export function eventsOf(entries: readonly LogEntry[]): RunEvent[] {
  return entries.flatMap((entry) => entry.events);
}

export function seqsOf(entries: readonly LogEntry[]): number[] {
  return eventsOf(entries).map((event) => event.seq);
}

/** `first, first + 1 … last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

export async function readAll(log: RunLog, runId: string): Promise<LogEntry[]> {
  return log.read(runId, { after: 0 });
}

/** What a watcher does: subscribes, reads what there is, then goes on with what was published. Resolves at `lastSeq`. */
export function follow(log: RunLog, runId: string, lastSeq: number, maxBytes: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const seen: number[] = [];
    let waiting: LogEntry[] | undefined = [];
    const unsubscribe = log.subscribe(runId, (entry) => {
      if (waiting) waiting.push(entry);
      else take(entry);
    });

    function take(entry: LogEntry): void {
      for (const { seq } of entry.events) if (seq > (seen.at(-1) ?? 0)) seen.push(seq);
      if ((seen.at(-1) ?? 0) < lastSeq) return;
      unsubscribe();
      resolve(seen);
    }

    async function catchUp(): Promise<void> {
      for (;;) {
        const entries = await log.read(runId, { after: seen.at(-1) ?? 0, maxBytes });
        for (const entry of entries) take(entry);
        if (entries.length === 0) break;
      }
      const missed = waiting ?? [];
      waiting = undefined;
      for (const entry of missed) take(entry);
    }
    catchUp().catch(reject);
  });
}
