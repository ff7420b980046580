import { isClosed } from "@stagewire/shared";
import { useRunEvents } from "@stagewire/client/react";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { formatClock, formatDuration, formatTime } from "../lib/format";
import { useNow } from "../lib/use-now";
import { useRunAddress } from "../run/address";
import { elapsedMs } from "../run/elapsed";
import type { PlannedStep } from "../run/plan";
import type { ViewProps } from "../run/views";
import { Icon } from "../ui/icon";
import { ticks } from "./axis";
import { figuresOf, noteOf } from "./describe-row";
import { type Span, timelineOf, type TimelineRow } from "./timeline";
import "./timeline.css";

const MOST_TICKS = 8;

const LEGEND: readonly (readonly [Span["kind"], string])[] = [
  ["asking", "waiting for the first token"],
  ["writing", "writing"],
  ["failed", "failed attempt"],
  ["retry", "wait for the next attempt"],
  ["paused", "paused, queued or idle"],
];

/**
 * The run's steps on a time axis, in their true durations: a table whose rows have bars. It says its roles, because
 * on a phone its parts are laid out otherwise, and browsers then take them for no table.
 */
export default function TimelineView({ view }: ViewProps) {
  const { events, error } = useRunEvents(view.runId);
  const elapsed = elapsedMs(view, useNow(isClosed(view) ? undefined : 250));
  const timeline = timelineOf(view, events, view.createdAt + elapsed);
  const { choose } = useRunAddress();
  const [focused, setFocused] = useState<string>();
  const total = timeline.to - timeline.from;
  const entry = timeline.rows.some(({ key }) => key === focused) ? focused : timeline.rows[0]?.key;

  return (
    <section className="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title" className="visually-hidden">
        Timeline
      </h2>
      <p className="muted timeline-range">
        {formatTime(timeline.from)} – {formatTime(timeline.to)} · {formatDuration(total)}
        {isClosed(view) ? "" : " so far"}
      </p>
      {error && <p className="note">The run’s events can’t be loaded, so attempts are missing: {error.message}</p>}
      <table role="table" onKeyDown={moveFocus}>
        <caption className="visually-hidden">
          When each step ran and what it waited for. Up and down move between the rows, Enter shows a step’s text.
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Step
            </th>
            <th role="columnheader" scope="col">
              <span className="visually-hidden">Time since the start</span>
              <span className="timeline-axis" aria-hidden="true">
                {ticks(total, MOST_TICKS).map((ms) => (
                  <span key={ms} data-late={ms > total * 0.9} style={{ left: share(ms, total) }}>
                    {total < 8_000 ? `${ms / 1_000} s` : formatClock(ms)}
                  </span>
                ))}
              </span>
            </th>
            <th role="columnheader" scope="col" className="timeline-took">
              Took
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {timeline.rows.map((row) => (
            <tr role="row" key={row.key} data-state={row.state} data-begun={row.from !== undefined}>
              <th role="rowheader" scope="row">
                <RowName
                  row={row}
                  inTabOrder={row.key === entry}
                  onFocus={() => setFocused(row.key)}
                  onChoose={choose}
                />
              </th>
              <td role="cell" className="timeline-track">
                <span className="timeline-bars" aria-hidden="true">
                  {row.spans.map(({ kind, from, to }) => (
                    <span
                      key={`${kind}-${from}`}
                      className="timeline-bar"
                      data-kind={kind}
                      style={{ left: share(from - timeline.from, total), width: share(to - from, total) }}
                    />
                  ))}
                </span>
                <span className="timeline-figures">
                  {figuresOf(row, view, timeline.to).map((line) => (
                    <span key={line}>{line} </span>
                  ))}
                </span>
              </td>
              <td role="cell" className="timeline-took">
                {took(row, timeline.to)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="timeline-legend" aria-hidden="true">
        {LEGEND.map(([kind, text]) => (
          <li key={kind}>
            <span className="timeline-bar" data-kind={kind} />
            {text}
          </li>
        ))}
      </ul>
    </section>
  );
}

interface RowNameProps {
  readonly row: TimelineRow;
  readonly inTabOrder: boolean;
  readonly onFocus: () => void;
  readonly onChoose: (step: PlannedStep) => void;
}

/** A step's name leads to its text; that of a wait leads nowhere, and can be walked to all the same. */
function RowName({ row, inTabOrder, onFocus, onChoose }: RowNameProps) {
  const { planned } = row;
  const shared = { className: "timeline-name", tabIndex: inTabOrder ? 0 : -1, onFocus };
  const content: ReactNode = (
    <>
      <Icon name={row.state} />
      <span className="timeline-title">{row.title}</span>
      <span className="timeline-note">{noteOf(row)}</span>
    </>
  );
  if (!planned) return <span {...shared}>{content}</span>;
  return (
    <button type="button" {...shared} onClick={() => onChoose(planned)}>
      {content}
    </button>
  );
}

function moveFocus(event: KeyboardEvent<HTMLTableElement>): void {
  const names = [...event.currentTarget.querySelectorAll<HTMLElement>(".timeline-name")];
  const at = names.findIndex((name) => name === document.activeElement);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  names[Math.max(0, Math.min(names.length - 1, to))]?.focus();
}

function took({ from, to, planned }: TimelineRow, now: number): string {
  if (from === undefined || planned?.inherited) return "–";
  return formatDuration((to ?? now) - from);
}

function share(part: number, total: number): string {
  return `${(Math.max(0, part) / total) * 100}%`;
}
