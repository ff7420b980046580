/** Listeners by key. Nothing stays behind for a key whose last listener is gone. */
export interface Subscribers<T> {
  /** Returns the unsubscribe function; calling it twice is fine. The same function may subscribe more than once. */
  add(key: string, listener: (value: T) => void): () => void;
  /**
   * Fixes now who gets these values; the returned function calls them, in order. Whoever unsubscribes in between is
   * not called any more, whoever subscribes in between is not called yet, and a listener that throws stops nobody.
   */
  prepare(values: readonly (readonly [key: string, value: T])[]): () => void;
  /** Drops every listener. */
  clear(): void;
  /** Keys with at least one listener. */
  readonly size: number;
}

interface Subscription<T> {
  readonly listener: (value: T) => void;
  active: boolean;
}

/** `onError` gets what a listener threw. */
export function createSubscribers<T>(onError: (error: unknown) => void): Subscribers<T> {
  const byKey = new Map<string, Set<Subscription<T>>>();

  return {
    add(key, listener) {
      const subscription: Subscription<T> = { listener, active: true };
      let set = byKey.get(key);
      if (!set) byKey.set(key, (set = new Set()));
      set.add(subscription);
      return () => {
        subscription.active = false;
        const current = byKey.get(key);
        if (current?.delete(subscription) && current.size === 0) byKey.delete(key);
      };
    },

    prepare(values) {
      const calls: [Subscription<T>, T][] = [];
      for (const [key, value] of values) {
        for (const subscription of byKey.get(key) ?? []) calls.push([subscription, value]);
      }
      return () => {
        for (const [subscription, value] of calls) {
          if (!subscription.active) continue;
          try {
            subscription.listener(value);
          } catch (error) {
            onError(error);
          }
        }
      };
    },

    clear() {
      for (const set of byKey.values()) for (const subscription of set) subscription.active = false;
      byKey.clear();
    },

    get size() {
      return byKey.size;
    },
  };
}
