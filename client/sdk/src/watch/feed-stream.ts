import type { RunSummary } from "@stagewire/shared";
import type { Stream } from "./follow.js";

const SUMMARY_UNITS = 500;

/** Changes over all runs. It may be silent for hours, and the last summary of a run is the one that counts. */
export function feedStream(): Stream<readonly RunSummary[], RunSummary> {
  return {
    neverSilent: false,
    subscribe: (procedures, lastEventId, observer) =>
      procedures.runs.feed.subscribe(lastEventId === undefined ? {} : { lastEventId }, observer),
    sizeOf: (summaries) => summaries.length * SUMMARY_UNITS,
    take: (summaries) => ({ items: summaries, then: "more" }),
    isOver: () => Promise.resolve(false),
  };
}
