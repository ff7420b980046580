import type { EventBody, RunEvent, RunStartEvent } from "@stagewire/shared";
import type { RunLog } from "../../server/src/log/index.js";
import { startEvent, summaryOf } from "./run-log-support.js";

/** A run as it was written to a log. */
export interface Played {
  readonly runId: string;
  readonly events: readonly RunEvent[];
  /** The newest epoch. */
  readonly epoch: number;
  /** By `seq`: the epoch that the event was written under. */
  readonly epochs: readonly number[];
}

export interface PlayOptions {
  /** Events of one append. */
  readonly batch: number;
  /** The run is taken over before these events. @default never */
  readonly claims?: readonly number[];
  /** Called before each append; what it returns is waited for. */
  between?(seq: number, epoch: number): Promise<void> | void;
}

/** Writes a run, its summary with every append but those of tokens alone. */
export async function playLog(log: RunLog, events: readonly RunEvent[], options: PlayOptions): Promise<Played> {
  const [start, ...rest] = events;
  if (start?.type !== "run_start") throw new Error("a run begins with run_start");
  const { runId } = start;
  await log.create({ start, summary: summaryOf(runId) });
  const claims = (options.claims ?? []).toSorted((a, b) => a - b);
  const epochs = [0, 1];
  let epoch = 1;
  let last: Promise<void> = Promise.resolve();
  for (let index = 0; index < rest.length; index += options.batch) {
    const batch = rest.slice(index, index + options.batch);
    const first = batch[0]?.seq ?? 0;
    if (options.between) await options.between(first, epoch);
    while ((claims[0] ?? Infinity) <= first) {
      claims.shift();
      epoch = (await log.claim(runId)).epoch;
    }
    const summary = batch.some(({ type }) => type !== "token") && summaryOf(runId, { updatedAt: first });
    last = log.append({ runId, epoch, events: batch, ...(summary && { summary }) });
    for (const { seq } of batch) epochs[seq] = epoch;
    if (options.between || index % 600 === 0) await last;
  }
  await last;
  return { runId, events, epoch, epochs };
}

/** A run of one stage, begun twice, with so many tokens and progress in between; closed unless it is said otherwise. */
export function longRun(runId: string, tokens: number, { closed = true, at = 1_000 } = {}): RunEvent[] {
  const start: RunStartEvent = { ...startEvent(runId), at };
  const events: RunEvent[] = [start];
  const write = (body: EventBody) => {
    const seq = events.length + 1;
    events.push({ ...body, runId, seq, at: at + seq });
  };
  const step = { stage: "architecture", iteration: 0 };
  const usage = { promptTokens: 1, completionTokens: tokens, estimated: false };
  let output = "";
  for (const attempt of [1, 2]) {
    write({ type: "stage_start", ...step, attempt, model: "m", cause: attempt === 1 ? "next" : "recovered" });
    output = "";
    for (let index = 0; index < tokens / 2; index++) {
      const text = `word ${index} `;
      write({ type: "token", ...step, attempt, channel: "output", offset: output.length, text });
      output += text;
      if (index % 10 === 0) write({ type: "progress", phase: "streaming", elapsedMs: index, message: "on it" });
    }
  }
  if (!closed) return events;
  write({ type: "stage_complete", ...step, attempt: 2, outcome: "completed", output, usage, durationMs: 1 });
  write({ type: "run_complete", outcome: "completed", output, usage, durationMs: 1 });
  return events;
}
