import { type Detail, isClosed, parseCursor, type RunEvent, StagewireError } from "@stagewire/shared";
import { createContinuity } from "./continuity.js";
import type { Stream } from "./follow.js";

export interface RunStreamOptions {
  readonly runId: string;
  readonly cursor: string | undefined;
  readonly detail: Detail;
}

/** A run's events: checked for continuity, without repetition, ended by `run_complete`. */
export function runStream({ runId, cursor, detail }: RunStreamOptions): Stream<readonly RunEvent[], RunEvent> {
  const continuity = createContinuity(cursor === undefined ? 0 : parseCursor(cursor)?.seq);
  return {
    neverSilent: true,
    subscribe: (procedures, lastEventId, observer) =>
      procedures.runs.events.subscribe({ runId, detail, ...(lastEventId !== undefined && { lastEventId }) }, observer),
    sizeOf: (events) => events.reduce((sum, event) => sum + sizeOf(event), 0),
    take(data) {
      if (!Array.isArray(data)) throw notEvents(runId);
      const { events, gap } = continuity.take(data);
      if (events.at(-1)?.type === "run_complete") return { items: events, then: "done" };
      return { items: events, then: gap ? "gap" : "more" };
    },
    /** A watch that begins at the end of a closed run gets no event at all. */
    async isOver(session, signal) {
      try {
        const view = await session.procedures.runs.get.query({ runId }, { signal });
        return isClosed(view) && continuity.last !== undefined && continuity.last >= view.seq;
      } catch {
        return false;
      }
    },
  };
}

/** What an event's fields take besides its text, about. */
const FIELDS_UNITS = 200;

function sizeOf(event: RunEvent): number {
  if (event.type === "token") return FIELDS_UNITS + event.text.length;
  if (event.type === "stage_complete") return FIELDS_UNITS + event.output.length + (event.reasoning?.length ?? 0);
  if (event.type === "run_complete") return FIELDS_UNITS + (event.output?.length ?? 0);
  return FIELDS_UNITS;
}

function notEvents(runId: string): StagewireError {
  return new StagewireError(
    "PROTOCOL_VIOLATION",
    `what the server sent for run ${runId} is no list of events: check that client and server have the same version`,
  );
}
