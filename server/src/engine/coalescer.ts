import type { EventBody } from "@stagewire/shared";
import type { OnDelta } from "../models/types.js";
import type { Step } from "./next-step.js";

type TokenBody = Extract<EventBody, { type: "token" }>;
type Channel = TokenBody["channel"];

/** The least time between two appends of one run's tokens, in ms: thirty pictures a second. */
const INTERVAL_MS = 33;
/** UTF-16 units that are appended at once, whatever the time. */
const FULL = 4_096;

/** Turns a model's pieces of text into few `token` events. */
export interface Coalescer {
  readonly push: OnDelta;
  /** Gives what waits, and stops the timer: nothing is emitted after it. */
  drain(): TokenBody[];
  /** Pieces of text received so far: one a token with most servers. */
  readonly tokens: number;
  /** When the first piece came, by `performance.now()`: a rate must not change when the clock is set. */
  readonly firstAt: number | undefined;
}

/** The first piece is emitted at once, then at most one batch every 33 ms or 4 KiB. `emit` never gets an empty batch. */
export function createCoalescer(step: Step, emit: (tokens: TokenBody[]) => void): Coalescer {
  const { stage, iteration, attempt } = step;
  const offsets: Record<Channel, number> = { output: 0, reasoning: 0 };
  let waiting: TokenBody[] = [];
  let channel: Channel = "output";
  let pieces = "";
  let size = 0;
  let tokens = 0;
  let firstAt: number | undefined;
  let emittedAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let drained = false;

  const close = () => {
    if (pieces === "") return;
    waiting.push({ type: "token", stage, iteration, attempt, channel, offset: offsets[channel], text: pieces });
    offsets[channel] += pieces.length;
    pieces = "";
  };
  const take = () => {
    clearTimeout(timer);
    timer = undefined;
    close();
    const taken = waiting;
    waiting = [];
    size = 0;
    return taken;
  };
  const flush = () => {
    emittedAt = performance.now();
    emit(take());
  };

  return {
    push(to, text) {
      if (drained) return;
      tokens++;
      firstAt ??= performance.now();
      if (to !== channel) close();
      channel = to;
      pieces += text;
      size += text.length;
      if (size >= FULL) return flush();
      if (timer) return;
      const due = emittedAt + INTERVAL_MS - performance.now();
      if (due <= 0) return flush();
      timer = setTimeout(flush, due);
    },
    drain() {
      drained = true;
      return take();
    },
    get tokens() {
      return tokens;
    },
    get firstAt() {
      return firstAt;
    },
  };
}
