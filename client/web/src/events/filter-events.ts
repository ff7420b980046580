import { type RunEvent, stepKey } from "@stagewire/shared";

/** Which events are listed; what is missing is not asked for. */
export interface EventFilter {
  readonly type?: string;
  /** As `stepKey`; events about no step do not match one. */
  readonly step?: string;
  /** Anywhere in the event, in whatever case. */
  readonly text?: string;
}

/** The events that match all that is asked for, in their order. Pure but for what it remembers. */
export function filterEvents(events: readonly RunEvent[], { type, step, text }: EventFilter): readonly RunEvent[] {
  if (type === undefined && step === undefined && text === undefined) return events;
  const wanted = text?.toLowerCase();
  return events.filter(
    (event) =>
      (type === undefined || event.type === type) &&
      (step === undefined || stepOf(event) === step) &&
      (wanted === undefined || textOf(event).includes(wanted)),
  );
}

/** The key of the step that an event is about, if it is about one. */
function stepOf(event: RunEvent): string | undefined {
  return "stage" in event && event.stage !== undefined ? stepKey(event.stage, event.iteration ?? 0) : undefined;
}

/** Where in the list the event is that covers `seq`; -1 where none does. The list is in order. Pure. */
export function indexOfSeq(events: readonly RunEvent[], seq: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.seq ?? Infinity) < seq) low = middle + 1;
    else high = middle;
  }
  const found = events[low];
  return found && (found.from ?? found.seq) <= seq ? low : -1;
}

const texts = new WeakMap<RunEvent, string>();

/** An event as text to search in; made once, since every letter that is typed asks again. */
function textOf(event: RunEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    text = Object.values(event)
      .map((value) => (typeof value === "string" ? value : JSON.stringify(value)))
      .join("\n")
      .toLowerCase();
    texts.set(event, text);
  }
  return text;
}
