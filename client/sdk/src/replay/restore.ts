import { type RunEvent, type StageCompleteEvent, stepKey, type TokenEvent, withFrom } from "@stagewire/shared";
import { pace, type Slot } from "./pace.js";

/** The events of a run as they may have been before compaction. */
export interface Restored {
  /** In the log's order, each beginning where the one before it ended. */
  readonly events: readonly RunEvent[];
  /** True where text was paced evenly: the log keeps the words, and not each token's moment. */
  readonly paced: boolean;
}

/** The attempt that runs at some point of the log. */
interface Running {
  readonly key: string;
  /** Unix ms of its last token that the log has, or of its beginning. */
  since: number;
  /** What the log's tokens of it wrote. */
  readonly written: Record<TokenEvent["channel"], number>;
  /** What was dropped since. */
  slots: Slot[];
}

/**
 * Puts back what compaction dropped from a run's events, as far as that can be told: the text of each attempt that
 * ended, paced evenly over the attempt's time; that of merged tokens, over the time they were merged from; and that
 * the run was paused. Text that a retry made void, and signs of life, are gone for good. Events of a log that was not
 * compacted come out as they are. Pure; `log` has to begin with `run_start`.
 */
export function restore(log: readonly RunEvent[]): Restored {
  const restored: RunEvent[] = [];
  let paced = false;
  let running: Running | undefined;
  let begun = false;
  let paused = false;
  let previousAt = log[0]?.at ?? 0;
  /** What a step wrote is known at its end only, so these may lie before events that were seen already. */
  let found: RunEvent[] = [];

  for (const event of log) {
    const slots = slotsBefore(event, previousAt);
    if (event.type === "stage_start") {
      begun = true;
      running = { key: attemptKey(event), since: event.at, written: { output: 0, reasoning: 0 }, slots: [] };
    } else if (event.type === "token" && running?.key === attemptKey(event)) {
      const pieces = unmerge(event, slots, previousAt, running.written[event.channel]);
      paced ||= pieces.length > 0;
      found = found.concat(pieces);
      running.written[event.channel] = event.offset + event.text.length;
      running.since = event.at;
      running.slots = [];
    } else if (event.type === "stage_complete") {
      if (running?.key === attemptKey(event)) {
        running.slots = running.slots.concat(slots);
        const pieces = rewrite(event, running);
        paced ||= pieces.length > 0;
        found = found.concat(pieces);
      }
      running = undefined;
    } else if (running) {
      running.slots = running.slots.concat(slots);
    }
    if (event.type === "control" && event.outcome !== "rejected") {
      const [first] = slots;
      // Between two steps a run has nothing to say but that it waits: for this, or for a gate to be opened.
      if (first && begun && !running && (paused || event.command.type === "resume")) {
        found.push(pausedAt(first, event.runId, log[0]?.at ?? first.at));
      }
      if (event.command.type === "pause") paused = true;
      if (event.command.type === "resume") paused = false;
    }
    previousAt = Math.max(previousAt, event.at);
  }

  let next = 0;
  const put = (event: RunEvent): void =>
    void restored.push(withFrom(event, (restored.at(-1)?.seq ?? (event.from ?? event.seq) - 1) + 1));
  for (const event of log) {
    for (let piece = found[next]; piece && piece.seq < event.seq; piece = found[++next]) put(piece);
    put(event);
  }
  return { events: restored, paced };
}

/** The places of what `event` covers besides itself, in equal steps from the moment before it. */
function slotsBefore({ from, seq, at }: RunEvent, previousAt: number): Slot[] {
  const count = from === undefined ? 0 : seq - from;
  const step = Math.max(0, at - previousAt) / (count + 1);
  return Array.from({ length: count }, (_, index) => ({
    seq: seq - count + index,
    at: previousAt + step * (index + 1),
  }));
}

function attemptKey({ stage, iteration, attempt }: { stage: string; iteration: number; attempt: number }): string {
  return `${stepKey(stage, iteration)}/${attempt}`;
}

/** The tokens that were merged into `event`, but for the last one: that is `event` itself. */
function unmerge(event: TokenEvent, slots: readonly Slot[], since: number, written: number): TokenEvent[] {
  const fresh = Math.max(0, written - event.offset);
  return pace(event.text.slice(fresh), slots, since, event.at).map(({ slot, offset, text }) => ({
    ...event,
    ...slot,
    offset: event.offset + fresh + offset,
    text,
  }));
}

/** The tokens that the end of their attempt superseded: what it thought, then what it wrote. */
function rewrite(event: StageCompleteEvent, { since, written, slots }: Running): TokenEvent[] {
  const { runId, stage, iteration, attempt, output, reasoning = "", firstTokenMs = 0 } = event;
  const begun = written.output + written.reasoning > 0 ? since : Math.min(since + firstTokenMs, event.at);
  const thought = reasoning.slice(written.reasoning);
  const text = thought + output.slice(written.output);
  const tokens: TokenEvent[] = [];
  let told = 0;
  for (const { slot, offset, text: piece } of pace(text, slots, begun, event.at)) {
    const channel: TokenEvent["channel"] = told < thought.length ? "reasoning" : "output";
    // An event has one channel: what a piece says after the last thought waits for the next one.
    const end = channel === "reasoning" ? Math.min(offset + piece.length, thought.length) : offset + piece.length;
    const before = channel === "reasoning" ? written.reasoning : written.output - thought.length;
    const base = { runId, type: "token" as const, ...slot, stage, iteration, attempt, channel };
    tokens.push({ ...base, offset: before + told, text: text.slice(told, end) });
    told = end;
  }
  return tokens;
}

function pausedAt({ seq, at }: Slot, runId: string, startedAt: number): RunEvent {
  return { runId, seq, at, type: "progress", phase: "paused", elapsedMs: at - startedAt, message: "Paused" };
}
