/** What a UI library reads: a snapshot that stays the same object until something changed. */
export interface Store<State> {
  getSnapshot(): State;
  /** Called after each change. Returns the unsubscribe function. */
  subscribe(listener: () => void): () => void;
}

export interface LiveStoreOptions<State> {
  readonly initial: State;
  /** Keeps the state fresh until the signal aborts. Never rejects. */
  run(set: (state: State) => void, signal: AbortSignal): Promise<void>;
  /** Called when the store has stopped for want of subscribers. */
  onIdle?(): void;
}

/** How long a store lives on after its last subscriber, in ms: a remount or a step back finds it warm. */
const LINGER_MS = 5_000;

/** A store that runs while somebody is subscribed, and a little longer. */
export function createLiveStore<State>({ initial, run, onIdle }: LiveStoreOptions<State>): Store<State> {
  const listeners = new Set<() => void>();
  let state = initial;
  let running: AbortController | undefined;
  let linger: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    clearTimeout(linger);
    if (running) return;
    const own = new AbortController();
    running = own;
    void run((next) => {
      if (own.signal.aborted || next === state) return;
      state = next;
      for (const listener of [...listeners]) {
        try {
          listener();
        } catch (thrown) {
          // It must show, and must not end what keeps the state fresh.
          setTimeout(() => {
            throw thrown;
          });
        }
      }
    }, own.signal);
  }

  function stop(): void {
    running?.abort();
    running = undefined;
    state = initial;
    onIdle?.();
  }

  return {
    getSnapshot: () => state,
    subscribe(listener) {
      // A wrapper, so that the same function given twice counts twice.
      const entry = (): void => listener();
      listeners.add(entry);
      start();
      return () => {
        if (!listeners.delete(entry) || listeners.size > 0) return;
        clearTimeout(linger);
        linger = setTimeout(stop, LINGER_MS);
      };
    },
  };
}
