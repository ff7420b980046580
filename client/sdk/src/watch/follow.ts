import { type Cursor, StagewireError } from "@stagewire/shared";
import { retryDelayMs } from "../connection/backoff.js";
import type { Connection } from "../connection/connection.js";
import type { Procedures, Session } from "../connection/session.js";
import { isRetried } from "../errors.js";
import type { ResolvedOptions } from "../options.js";
import { linkSignals, onAbort, sleep } from "../signals.js";
import { type End, type FrameObserver, readFrames } from "./frame-reader.js";

/** What a batch comes to: what is new in it, and whether to go on. */
export interface Taken<Item> {
  readonly items: readonly Item[];
  /** `gap`: something is missing, ask again from the last good position. `done`: nothing can follow. */
  readonly then: "more" | "gap" | "done";
}

/** One kind of subscription. */
export interface Stream<Data, Item> {
  subscribe(procedures: Procedures, cursor: Cursor | undefined, observer: FrameObserver<Data>): { unsubscribe(): void };
  take(data: Data): Taken<Item>;
  sizeOf(data: Data): number;
  /** Asked when the server ended the subscription by itself: is there nothing more to come? */
  isOver(session: Session, signal: AbortSignal): Promise<boolean>;
  /** True when frames come all the time, so that silence means that something is wrong. */
  readonly neverSilent: boolean;
}

export interface FollowOptions {
  readonly connection: Connection;
  readonly options: ResolvedOptions;
  readonly cursor: Cursor | undefined;
  readonly onCursor: ((cursor: Cursor) => void) | undefined;
}

/** Gaps in a row, without anything new between them, after which the server is taken to be wrong. */
const MAX_GAPS = 3;
/** A server that was heard of within this part of the allowed silence is alive, and only one subscription is stuck. */
const ALIVE = 0.75;

/**
 * Hands on the items of a subscription, and subscribes again from its own position for as long as it takes. Ends when
 * the stream is done, the signal aborts or the client is closed; throws what the server refuses for good.
 */
export async function* follow<Data, Item>(
  stream: Stream<Data, Item>,
  { connection, options, cursor, onCursor }: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  let position = cursor;
  let gaps = 0;
  /** Subscriptions in a row that brought nothing new. */
  let fruitless = 0;
  const release = connection.hold();
  // The reader may never come back after an abort.
  const letGo = onAbort(signal, release);
  try {
    for (;;) {
      const session = await connection.session(signal);
      const reader = readFrames<Data>({
        session,
        signal,
        sizeOf: (data) => stream.sizeOf(data),
        subscribe: (observer) => stream.subscribe(session.procedures, position, observer),
        ...(stream.neverSilent && { silenceMs: options.silenceMs }),
      });
      let end: End | undefined;
      try {
        for (;;) {
          const frame = await reader.next();
          if ("end" in frame) {
            end = frame;
            break;
          }
          const taken = stream.take(frame.data);
          if (taken.items.length > 0) fruitless = gaps = 0;
          for (const item of taken.items) {
            yield item;
            if (signal.aborted) return;
          }
          if (taken.then === "gap") break;
          position = frame.cursor;
          onCursor?.(position);
          if (taken.then === "done") return;
        }
      } finally {
        reader.close();
      }
      if (!end) {
        if (++gaps >= MAX_GAPS) throw gapError(position);
      } else if (await isFinal(end, session)) return;
      // A drop has its own wait, and a full buffer was emptied just now.
      if (end?.end === "lost" || end?.end === "full") continue;
      await sleep(waitFor(end), signal);
    }
  } catch (thrown) {
    if (signal.aborted || isQuietClose(connection)) return;
    throw thrown;
  } finally {
    letGo();
    release();
  }

  async function isFinal(end: End, session: Session): Promise<boolean> {
    switch (end.end) {
      case "aborted":
        return true;
      case "failed":
        if (!isRetried(end.error)) throw end.error;
        return false;
      case "silent":
        if (Date.now() - session.heardAt >= options.silenceMs * ALIVE) connection.reset(session);
        return false;
      case "stopped":
        return await isOver(session);
      case "lost":
      case "full":
        return false;
    }
  }

  /** Without an answer it is not. Over plain HTTP nothing else ends a request whose connection is dead. */
  async function isOver(session: Session): Promise<boolean> {
    const scope = linkSignals(signal, session.lost);
    const patience = setTimeout(() => scope.abort(), options.silenceMs);
    try {
      return await stream.isOver(session, scope.signal);
    } finally {
      clearTimeout(patience);
      scope.release();
    }
  }

  function waitFor(end: End | undefined): number {
    const told = end?.end === "failed" ? (end.error.retryAfterMs ?? 0) : 0;
    return Math.max(told, retryDelayMs(fruitless++, options.maxRetryDelayMs));
  }
}

/** The user closed the client: that ends a watch, and is no error. */
function isQuietClose({ state }: Connection): boolean {
  return state.status === "closed" && state.error === undefined;
}

function gapError(position: Cursor | undefined): StagewireError {
  return new StagewireError(
    "PROTOCOL_VIOLATION",
    `the server left out events after ${position ?? "the start"}, ${MAX_GAPS} times in a row: start the watch again, or report it with the run's id`,
  );
}
