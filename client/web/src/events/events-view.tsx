import { useRunEvents } from "@stagewire/client/react";
import { useDeferredValue, useMemo } from "react";
import { plural } from "../lib/format";
import { useAddressSeq } from "../lib/use-address-seq";
import type { ViewProps } from "../run/views";
import { EventDetails } from "./event-details";
import { EventFilters } from "./event-filters";
import { EventList } from "./event-list";
import { filterEvents, indexOfSeq } from "./filter-events";
import { useEventFilter } from "./use-event-filter";
import "./events.css";

/** The run's log itself: every event that the server sends, with filters that the address keeps. */
export default function EventsView({ view }: ViewProps) {
  const { events, ready, error } = useRunEvents(view.runId);
  const [filter, setFilter] = useEventFilter();
  const [asked, choose] = useAddressSeq("event");
  const [at, setAt] = useAddressSeq("at");
  const log = useDeferredValue(events);
  const { type, step, text } = filter;
  const shown = useMemo(
    () =>
      filterEvents(log, {
        ...(type !== undefined && { type }),
        ...(step !== undefined && { step }),
        ...(text !== undefined && { text }),
      }),
    [log, type, step, text],
  );
  const wanted = asked ?? at;
  const chosen = wanted === undefined ? -1 : indexOfSeq(shown, wanted);
  // It stays in sight when a filter hides it from the list.
  const event = wanted === undefined ? undefined : log[indexOfSeq(log, wanted)];

  return (
    <section className="events" aria-labelledby="events-title">
      <h2 id="events-title" className="visually-hidden">
        Events
      </h2>
      <EventFilters view={view} filter={filter} onChange={setFilter} />
      <p className="muted events-count">
        {shown.length === log.length
          ? plural(log.length, "event")
          : `${plural(shown.length, "event")} of ${plural(log.length, "event")}`}
        {log.some(({ from }) => from !== undefined) && "; ranges stand for what was compacted into their last event"}
      </p>
      {error && (
        <p className="failure" role="alert">
          What follows can’t be shown: {error.message}
        </p>
      )}
      {!ready && <p className="note">Loading the events…</p>}
      {ready && shown.length === 0 && <p className="note">No event matches.</p>}
      {shown.length > 0 && (
        <EventList
          view={view}
          events={shown}
          chosen={chosen}
          onChoose={({ seq }) => choose(seq)}
          until={at === undefined ? Infinity : view.seq}
        />
      )}
      {event && (
        <EventDetails
          // Another one that was asked for comes into sight anew; those that a replay passes do not.
          key={asked}
          event={event}
          onShowRun={() => setAt(event.seq)}
          onClose={() => {
            choose(undefined);
            if (asked === undefined) setAt(undefined);
          }}
        />
      )}
    </section>
  );
}
