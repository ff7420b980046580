import type { RunEvent } from "@stagewire/shared";
import { useEffect, useMemo, useRef } from "react";
import { formatCount, formatExact } from "../lib/format";
import { useHeir } from "../lib/use-heir";
import { CopyButton } from "../ui/copy-button";
import { Icon } from "../ui/icon";
import { rangeOf } from "./summarize";

/** More than this is not shown, since it would take the page a moment; the copy has all of it. */
const MOST_UNITS = 20_000;

interface EventDetailsProps {
  readonly event: RunEvent;
  readonly onShowRun: () => void;
  readonly onClose: () => void;
}

/** One event as the log has it, and what can be done with it. Comes into sight when it is rendered first. */
export function EventDetails({ event, onShowRun, onClose }: EventDetailsProps) {
  const json = useMemo(() => JSON.stringify(event, null, 2), [event]);
  const left = json.length - MOST_UNITS;
  const panel = useRef<HTMLElement>(null);
  useHeir(panel, ".events-list");
  // On a phone it begins below what one sees: a press on the list would seem to do nothing.
  useEffect(() => {
    panel.current?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <section className="event-details" ref={panel} aria-labelledby="event-title">
      <header>
        <h3 id="event-title">
          #{rangeOf(event)} {event.type}
        </h3>
        <span className="muted">{formatExact(event.at)}</span>
        <button type="button" className="icon-button" aria-label="Close the event" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {event.from !== undefined && (
        <p className="muted">
          Stands for the events {rangeOf(event)}: the log was compacted, and this one says what the others said.
        </p>
      )}
      <div className="event-ways">
        <CopyButton className="small" text={() => json} label="Copy JSON" />
        <CopyButton className="small" text={() => linkTo(event.seq)} label="Copy link" />
        <button type="button" className="small" onClick={onShowRun}>
          Show the run at this event
        </button>
      </div>
      <pre tabIndex={0} aria-label="The event as JSON">
        {left > 0
          ? `${json.slice(0, MOST_UNITS)}\n… and ${formatCount(left)} more characters: copy the JSON to have all.`
          : json}
      </pre>
    </section>
  );
}

/** The address of the run as it was at an event, with that event shown. */
function linkTo(seq: number): string {
  const url = new URL(location.href);
  url.search = new URLSearchParams({ view: "events", at: String(seq) }).toString();
  return url.href;
}
