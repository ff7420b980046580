/** Something that happens once, as an abort does, for any number of listeners: Node warns of more than ten on one signal. */
export interface Latch {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Calls `listener` once when it happens, unless it has. Returns the function that lets go of it. */
  onAbort(listener: () => void): () => void;
}

/** A {@link Latch} and the function that sets it off. */
export interface LatchController {
  readonly latch: Latch;
  abort(reason?: unknown): void;
}

export function createLatch(): LatchController {
  const listeners = new Set<() => void>();
  const state = { aborted: false, reason: undefined as unknown };
  return {
    latch: {
      get aborted() {
        return state.aborted;
      },
      get reason() {
        return state.reason;
      },
      onAbort(listener) {
        const entry = (): void => listener();
        if (!state.aborted) listeners.add(entry);
        return () => void listeners.delete(entry);
      },
    },
    abort(reason) {
      if (state.aborted) return;
      state.aborted = true;
      state.reason = reason;
      for (const listener of [...listeners]) listener();
      listeners.clear();
    },
  };
}

/** An abort signal that follows others, and lets go of them. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Removes the listeners on what is followed. Does not abort. */
  release(): void;
}

/** Aborts, with the same reason, as soon as one of `sources` does. `AbortSignal.any` never lets go of long-lived sources. */
export function linkSignals(...sources: readonly (AbortSignal | Latch | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const followed: (() => void)[] = [];
  function release(): void {
    for (const letGo of followed.splice(0)) letGo();
  }
  function abort(reason?: unknown): void {
    release();
    controller.abort(reason);
  }
  for (const source of sources) {
    if (!source) continue;
    if (source.aborted) {
      abort(source.reason);
      break;
    }
    followed.push(onAbort(source, () => abort(source.reason)));
  }
  return { signal: controller.signal, abort, release };
}

/** Waits `ms`; rejects with the signal's reason when it aborts first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = setTimeout(() => {
      letGo();
      resolve();
    }, ms);
    const letGo = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Calls `listener` once when `source` aborts later. Returns the function that lets go of it. */
export function onAbort(source: AbortSignal | Latch, listener: () => void): () => void {
  if ("onAbort" in source) return source.onAbort(listener);
  source.addEventListener("abort", listener, { once: true });
  return () => source.removeEventListener("abort", listener);
}
