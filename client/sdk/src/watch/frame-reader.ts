import type { Cursor, StagewireError } from "@stagewire/shared";
import type { Session } from "../connection/session.js";
import { fromTrpc } from "../errors.js";
import { onAbort } from "../signals.js";

/** What the server sends at once: a batch, and the position after it. */
export interface Frame<Data> {
  readonly cursor: Cursor;
  readonly data: Data;
}

/** Why no more frames come from a subscription. */
export type End =
  | { readonly end: "stopped" | "lost" | "full" | "silent" | "aborted" }
  | { readonly end: "failed"; readonly error: StagewireError };

/** Called by the subscription; as tRPC's client calls it. */
export interface FrameObserver<Data> {
  onStarted(): void;
  onData(value: { id: Cursor; data: Data }): void;
  onError(error: unknown): void;
  onComplete(): void;
}

export interface FrameReaderOptions<Data> {
  readonly session: Session;
  readonly signal: AbortSignal;
  /** Opens the subscription. */
  readonly subscribe: (observer: FrameObserver<Data>) => { unsubscribe(): void };
  /** About how much memory a batch takes, in UTF-16 units. */
  readonly sizeOf: (data: Data) => number;
  /** Without a frame for so long, the subscription ends as `silent`. */
  readonly silenceMs?: number;
}

/** Reads one subscription, one frame at a time, for one reader. */
export interface FrameReader<Data> {
  /** The next frame, or why there is none. Frames that arrived before the end come first, except after an abort. */
  next(): Promise<Frame<Data> | End>;
  close(): void;
}

/**
 * How much may wait for a slow reader, in UTF-16 units. Above it the subscription ends as `full`: a watcher is a
 * cursor, and what it did not get to is in the log.
 */
const MAX_WAITING_UNITS = 1_048_576;

export function readFrames<Data>(options: FrameReaderOptions<Data>): FrameReader<Data> {
  const { session, signal } = options;
  const queue: { frame: Frame<Data>; size: number }[] = [];
  let waiting = 0;
  let end: End | undefined;
  let wake: (() => void) | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let subscription: { unsubscribe(): void } | undefined;

  const letGo: (() => void)[] = [];

  function lose(): void {
    finish({ end: "lost" });
  }

  function abort(): void {
    queue.length = 0;
    finish({ end: "aborted" });
  }

  function finish(why: End): void {
    if (end) return;
    end = why;
    clearTimeout(silence);
    for (const release of letGo) release();
    subscription?.unsubscribe();
    wake?.();
  }

  function listen(): void {
    clearTimeout(silence);
    if (options.silenceMs !== undefined) silence = setTimeout(() => finish({ end: "silent" }), options.silenceMs);
  }

  if (signal.aborted) abort();
  else if (session.lost.aborted) lose();
  else {
    letGo.push(onAbort(signal, abort), onAbort(session.lost, lose));
    listen();
    subscription = options.subscribe({
      onStarted: () => session.confirm(),
      onData({ id, data }) {
        if (end) return;
        listen();
        const size = options.sizeOf(data);
        waiting += size;
        queue.push({ frame: { cursor: id, data }, size });
        // One frame is always taken, however large: there would be no going on without it.
        if (waiting > MAX_WAITING_UNITS && queue.length > 1) finish({ end: "full" });
        wake?.();
      },
      onError: (thrown) => finish({ end: "failed", error: fromTrpc(thrown) }),
      onComplete: () => finish({ end: "stopped" }),
    });
    // It may have ended while it was being opened.
    if (end) subscription.unsubscribe();
  }

  return {
    async next() {
      for (;;) {
        const first = queue.shift();
        if (first) {
          waiting -= first.size;
          return first.frame;
        }
        if (end) return end;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    close: () => finish({ end: "aborted" }),
  };
}
