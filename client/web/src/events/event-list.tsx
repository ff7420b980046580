import type { RunEvent, RunView } from "@stagewire/shared";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { formatMillisecond, plural } from "../lib/format";
import { useMedia } from "../lib/use-media";
import { Icon } from "../ui/icon";
import { rangeOf, stepNameOf, summarize } from "./summarize";

/** What a row takes, in px: a line, or two where it is narrow. */
const ROW_PX = { wide: 34, narrow: 56 };
/** Closer to the end than this, the list follows what comes. */
const NEAR_END_PX = 40;
const PAGE_ROWS = 10;

interface EventListProps {
  readonly view: RunView;
  readonly events: readonly RunEvent[];
  /** Where in `events` the chosen one is; -1 for none. */
  readonly chosen: number;
  readonly onChoose: (event: RunEvent) => void;
  /** `seq` of the moment that is shown; what is later had not come by then. */
  readonly until: number;
}

/** The log, with only the rows in the page that can be seen. Stays at its growing end until one scrolls away. */
export function EventList({ view, events, chosen, onChoose, until }: EventListProps) {
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const rowPx = useMedia("(max-width: 768px)") ? ROW_PX.narrow : ROW_PX.wide;
  // Its answers change from scroll to scroll, and are only used here.
  // oxlint-disable-next-line react/incompatible-library
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => list.current,
    estimateSize: () => rowPx,
    overscan: 10,
  });
  const items = rows.getVirtualItems();
  /** How many events there were when one scrolled away; `undefined` while the list follows. */
  const [left, setLeft] = useState<number>();

  useEffect(() => rows.measure(), [rows, rowPx]);
  useEffect(() => {
    if (chosen < 0) return;
    rows.scrollToIndex(chosen, { align: "auto" });
    // Only where the choice moves: events that come in must not pull the list about.
  }, [chosen, rows]);
  useLayoutEffect(() => {
    const element = list.current;
    if (element && left === undefined && chosen < 0) element.scrollTop = element.scrollHeight;
  }, [events.length, left, chosen, rowPx]);

  function onScroll(): void {
    const element = list.current;
    if (!element) return;
    const away = element.scrollHeight - element.clientHeight - element.scrollTop > NEAR_END_PX;
    if (!away) setLeft(undefined);
    else setLeft((before) => before ?? events.length);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const last = events.length - 1;
    const from = chosen < 0 ? last + 1 : chosen;
    const to = {
      ArrowDown: chosen + 1,
      ArrowUp: from - 1,
      PageDown: chosen + PAGE_ROWS,
      PageUp: from - PAGE_ROWS,
      Home: 0,
      End: last,
    }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    const found = events[Math.max(0, Math.min(last, to))];
    if (found) onChoose(found);
  }

  return (
    <div className="events-frame">
      <div
        ref={list}
        className="events-list"
        role="listbox"
        tabIndex={0}
        aria-label="Events of the run"
        aria-activedescendant={items.some(({ index }) => index === chosen) ? `${id}-${chosen}` : undefined}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div role="presentation" className="events-space" style={{ height: rows.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const event = events[index];
            return (
              event && (
                <div
                  key={event.seq}
                  id={`${id}-${index}`}
                  role="option"
                  aria-selected={index === chosen}
                  aria-posinset={index + 1}
                  aria-setsize={events.length}
                  className="events-row"
                  data-type={event.type}
                  data-later={event.seq > until}
                  style={{ height: rowPx, transform: `translateY(${start}px)` }}
                  onClick={() => onChoose(event)}
                >
                  <span className="events-seq">{rangeOf(event)}</span>
                  <span className="events-time">{formatMillisecond(event.at)}</span>
                  <span className="events-type">{event.type}</span>
                  <span className="events-step">{stepNameOf(event, view)}</span>
                  <span className="events-said">{summarize(event)}</span>
                </div>
              )
            );
          })}
        </div>
      </div>
      {left !== undefined && events.length > left && (
        <button type="button" className="events-live" onClick={() => setLeft(undefined)}>
          <Icon name="down" />
          {plural(events.length - left, "new event")}
        </button>
      )}
    </div>
  );
}
