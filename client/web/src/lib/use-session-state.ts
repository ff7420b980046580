import { useState } from "react";

/** As `useState`, but a reload of this tab finds it again. Values must be JSON. */
export function useSessionState<T>(key: string, initial: T): [T, (value: T) => void] {
  const [state, setState] = useState(() => readSession(key, initial));
  return [
    state,
    (value) => {
      setState(value);
      writeSession(key, value);
    },
  ];
}

/** What was kept under `key`, or `initial`: a browser may forbid to keep anything. */
export function readSession<T>(key: string, initial: T): T {
  try {
    const kept = sessionStorage.getItem(key);
    return kept === null ? initial : (JSON.parse(kept) as T);
  } catch {
    return initial;
  }
}

export function writeSession(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: then a reload begins anew, and nothing else is lost.
  }
}
