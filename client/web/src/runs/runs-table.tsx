import type { RunSummary } from "@stagewire/shared";
import { defaultRangeExtractor, useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useMedia } from "../lib/use-media";
import { useNow } from "../lib/use-now";
import type { Sort } from "./list-query";
import { RunRow } from "./run-row";
import { RunsHead } from "./runs-head";
import { useRowKeys } from "./use-row-keys";
import { useTopOf } from "./use-top-of";

/** Where a run is a card and not a line, and the heights of both in px; `runs.css` has the same. */
const PHONE = "(max-width: 860px)";
const ROW_PX = 60;
const CARD_PX = 124;
/** What the heads of the columns take of it, in px. */
const HEAD_PX = 48;
/** The list asks for more this many rows before its end. */
const NEAR_END = 20;

interface RunsTableProps {
  /** What `runs` answers: another one begins at its top. */
  readonly question: string;
  readonly runs: readonly RunSummary[];
  /** True when no older runs are left to load. */
  readonly complete: boolean;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
  readonly onNearEnd: (near: boolean) => void;
}

/** Only the rows in sight are in the page. New runs never move what the reader looks at, nor the focus. */
export function RunsTable({ question, runs, complete, sort, onSort, onNearEnd }: RunsTableProps) {
  const body = useRef<HTMLDivElement>(null);
  const phone = useMedia(PHONE);
  const top = useTopOf(body);
  const [focused, setFocused] = useState<string>();
  const focusedIndex = focused === undefined ? -1 : runs.findIndex(({ runId }) => runId === focused);
  const scrolledIn = useScrolledBelow(top);
  /** The one before, while another one's answer is rendered for the first time. */
  const [answered, setAnswered] = useState(question);
  // Its functions read what is now, and nothing here is memoised over them.
  // oxlint-disable-next-line react/incompatible-library
  const rows = useWindowVirtualizer({
    count: runs.length,
    estimateSize: () => (phone ? CARD_PX : ROW_PX),
    getItemKey: (index) => runs[index]?.runId ?? index,
    overscan: 8,
    scrollMargin: top,
    // The heads of the columns stick to the window.
    scrollPaddingStart: phone ? 8 : HEAD_PX,
    scrollPaddingEnd: 8,
    // New runs come in at the top: whoever reads further down stays where they are.
    anchorTo: scrolledIn && question === answered ? "end" : "start",
    // What has the focus stays in the page, however far it is scrolled away.
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      return focusedIndex < 0 || shown.includes(focusedIndex)
        ? shown
        : [...shown, focusedIndex].toSorted((a, b) => a - b);
    },
  });
  useLayoutEffect(() => rows.measure(), [rows, phone]);
  useLayoutEffect(() => {
    if (question === answered) return;
    setAnswered(question);
    // Whoever sees its top, and the search above it, stays there.
    const start = Math.max(0, top - HEAD_PX);
    if ((rows.scrollOffset ?? 0) > start) rows.scrollToOffset(start);
  }, [question, answered, rows, top]);
  const items = rows.getVirtualItems();
  const nearEnd = runs.length - ((items.at(-1)?.index ?? 0) + 1) < NEAR_END;
  useEffect(() => onNearEnd(nearEnd), [nearEnd, onNearEnd]);
  useRowKeys({
    runs,
    focusedIndex,
    first: () => firstInSight(items, rows.scrollOffset ?? 0),
    reveal: rows.scrollToIndex,
  });

  const live = items.some(({ index }) => isLive(runs[index]));
  const now = useNow(live ? 1_000 : 30_000);
  return (
    <div
      className="runs-table"
      role="table"
      aria-label="Runs"
      aria-rowcount={complete ? runs.length + 1 : -1}
      onFocus={(event) => setFocused(event.target.dataset["run"])}
      onBlur={() => setFocused(undefined)}
    >
      <RunsHead sort={sort} onSort={onSort} />
      <div className="runs-body" role="rowgroup" ref={body} style={{ height: rows.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const run = runs[index];
          return run && <RunRow key={key} run={run} index={index} top={start - top} now={now} />;
        })}
      </div>
    </div>
  );
}

function isLive(run: RunSummary | undefined): boolean {
  return run?.status === "queued" || run?.status === "running" || run?.status === "paused";
}

function firstInSight(items: readonly { index: number; end: number }[], offset: number): number {
  return items.find(({ end }) => end > offset)?.index ?? 0;
}

/** True while the window is scrolled down beyond `top`. */
function useScrolledBelow(top: number): boolean {
  const [below, setBelow] = useState(false);
  useEffect(() => {
    const onScroll = (): void => setBelow(window.scrollY > top);
    onScroll();
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => window.removeEventListener("scroll", onScroll);
  }, [top]);
  return below;
}
