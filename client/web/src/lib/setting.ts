import { useSyncExternalStore } from "react";

/** One choice of the reader, the same in all tabs and after a reload. */
export interface Setting<Value extends string> {
  get(): Value;
  set(value: Value): void;
  /** Goes on to the value that follows, and from the last to the first. */
  next(): void;
  /** Called after each change, also one from another tab. Returns the unsubscribe function. */
  subscribe(listener: () => void): () => void;
}

/** Keeps one of `values` in the browser's storage, the first if nothing is there. Without storage it lasts as long as the page. */
export function createSetting<const Value extends string>(
  key: string,
  values: readonly [Value, ...Value[]],
): Setting<Value> {
  const listeners = new Set<() => void>();
  let current = read();

  function read(): Value {
    const stored = storage()?.getItem(key);
    return values.find((value) => value === stored) ?? values[0];
  }
  function change(value: Value): void {
    if (value === current) return;
    current = value;
    for (const listener of [...listeners]) listener();
  }
  const onStorage = (event: StorageEvent): void => {
    if (event.key === key || event.key === null) change(read());
  };
  function set(value: Value): void {
    try {
      storage()?.setItem(key, value);
    } catch {
      // Full or forbidden: the choice holds until the page goes.
    }
    change(value);
  }

  return {
    get: () => current,
    set,
    next: () => set(values[(values.indexOf(current) + 1) % values.length] ?? values[0]),
    subscribe(listener) {
      if (listeners.size === 0) window.addEventListener("storage", onStorage);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) window.removeEventListener("storage", onStorage);
      };
    },
  };
}

/** The value of a setting now; renders again when it changes. */
export function useSetting<Value extends string>(setting: Setting<Value>): Value {
  return useSyncExternalStore(setting.subscribe, setting.get);
}

/** Reading the property throws where storage is forbidden, and there is none outside of browsers. */
function storage(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
