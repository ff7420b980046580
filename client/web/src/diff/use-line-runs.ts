import { useEffect, useMemo, useState } from "react";
import { compareNow, type LineRuns } from "./line-runs";

export interface CompareRequest {
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly timeoutMs: number;
}

/** So long may two texts be compared line by line, in ms. */
const TIMEOUT_MS = 5_000;

/** How the lines of two texts compare: at once where that is quick, else beside the page; `undefined` until it is known. */
export function useLineRuns(a: readonly string[], b: readonly string[]): LineRuns | undefined {
  const now = useMemo(() => compareNow(a, b), [a, b]);
  const [later, setLater] = useState<{ a: readonly string[]; b: readonly string[]; runs: LineRuns }>();
  useEffect(() => {
    if (now) return;
    const worker = new Worker(new URL("./compare-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<LineRuns>) => setLater({ a, b, runs: data }));
    worker.postMessage({ a, b, timeoutMs: TIMEOUT_MS } satisfies CompareRequest, []);
    return () => worker.terminate();
  }, [now, a, b]);
  return now ?? (later?.a === a && later.b === b ? later.runs : undefined);
}
