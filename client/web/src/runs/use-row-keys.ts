import type { RunSummary } from "@stagewire/shared";
import { useEffect, useRef } from "react";
import { useAction } from "../keys/use-action";

interface RowKeys {
  readonly runs: readonly RunSummary[];
  /** Below 0 while no row has the focus. */
  readonly focusedIndex: number;
  /** Where to begin. */
  readonly first: () => number;
  /** Brings a row into the page. */
  readonly reveal: (index: number) => void;
}

/** `j` and `k` move the focus from run to run, and Enter follows it as it follows every link. */
export function useRowKeys({ runs, focusedIndex, first, reveal }: RowKeys): void {
  /** The run that gets the focus once its row is in the page. */
  const wanted = useRef<string>(undefined);
  useEffect(() => {
    if (wanted.current !== undefined && focusRow(wanted.current)) wanted.current = undefined;
  });

  function go(index: number): void {
    const run = runs[index];
    if (!run) return;
    reveal(index);
    wanted.current = focusRow(run.runId) ? undefined : run.runId;
  }
  const last = runs.length - 1;
  useAction(
    "run-next",
    focusedIndex < last ? () => go(focusedIndex < 0 ? first() : focusedIndex + 1) : undefined,
    "this is the last run",
  );
  useAction(
    "run-previous",
    focusedIndex !== 0 ? () => go(focusedIndex < 0 ? first() : focusedIndex - 1) : undefined,
    "this is the first run",
  );
}

/** False while the row is not in the page. */
function focusRow(runId: string): boolean {
  const row = document.querySelector<HTMLElement>(`[data-run="${runId}"]`);
  row?.focus({ preventScroll: true });
  return row !== null;
}
