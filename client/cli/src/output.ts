import { once } from "node:events";

/** A stream that the command writes to. Once its reader is gone, writes do nothing. */
export interface Output {
  readonly isTTY: boolean;
  /** Width in columns; 80 where there is none to be had. */
  columns(): number;
  /** Writes at once. What a slow reader has not taken yet is held in memory: wait for {@link drained} in between. */
  write(text: string): void;
  /** Resolves once the reader keeps up, is gone, or `signal` fires. */
  drained(signal?: AbortSignal): Promise<void>;
  /** Resolves once everything was handed over, or the reader is gone. */
  flushed(): Promise<void>;
  /** Fires when the reader is gone (`| head`, a closed terminal). */
  readonly closed: AbortSignal;
  /** Calls `listener` when the width changes. Returns the unsubscribe function. */
  onResize(listener: () => void): () => void;
}

export function createOutput(stream: NodeJS.WriteStream): Output {
  const closed = new AbortController();
  // Without a listener a reader that goes away would end the process with a stack.
  stream.on("error", () => closed.abort());
  return {
    isTTY: stream.isTTY,
    columns: () => (stream.columns > 0 ? stream.columns : 80),
    write(text) {
      if (text !== "" && !closed.signal.aborted) stream.write(text);
    },
    async drained(signal) {
      if (!stream.writableNeedDrain || closed.signal.aborted) return;
      const end = AbortSignal.any(signal ? [signal, closed.signal] : [closed.signal]);
      await once(stream, "drain", { signal: end }).catch(() => undefined);
    },
    async flushed() {
      if (closed.signal.aborted) return;
      await Promise.race([
        new Promise<void>((resolve) => stream.write("", () => resolve())),
        once(closed.signal, "abort"),
      ]);
    },
    closed: closed.signal,
    onResize(listener) {
      stream.on("resize", listener);
      return () => stream.off("resize", listener);
    },
  };
}
