import type { RunEvent, TokenEvent } from "./events.js";
import type { Detail } from "./run.js";
import { stepKey } from "./view.js";

/**
 * Drops what later events supersede, and merges adjacent tokens. Pure, linear, and allowed on any consecutive slice
 * of a log, compacted already or not: `reduce` over the result gives the same view as over the slice.
 *
 * - Tokens of a finished attempt go: `stage_complete` carries their text.
 * - Tokens of an attempt that a later `stage_start` voids go.
 * - `progress` goes when another one, or the run's end, follows.
 * - Adjacent tokens of one stage, iteration, attempt and channel become one.
 *
 * What goes is covered by the `from` of the next event that stays, so the ranges partition the slice. The last event
 * of the slice always stays, except with `detail: "stages"`, where all tokens go. Tokens are merged up to
 * `maxTextLength` UTF-16 units.
 */
export function compact(
  events: readonly RunEvent[],
  detail: Detail = "tokens",
  maxTextLength: number = Infinity,
): RunEvent[] {
  const keep = supersede(events, detail);
  const result: RunEvent[] = [];
  let uncovered: number | undefined;
  for (const [index, event] of events.entries()) {
    const first = uncovered ?? event.from ?? event.seq;
    if (!keep[index]) {
      uncovered = first;
      continue;
    }
    uncovered = undefined;
    const previous = result.at(-1);
    if (event.type === "token" && previous?.type === "token" && continues(previous, event, maxTextLength)) {
      result[result.length - 1] = {
        ...previous,
        from: previous.from ?? previous.seq,
        seq: event.seq,
        at: event.at,
        text: previous.text + event.text,
      };
    } else {
      result.push(withFrom(event, first));
    }
  }
  return result;
}

/** `event`, covering `from … seq`. */
export function withFrom<E extends RunEvent>(event: E, from: number): E {
  if ((event.from ?? event.seq) === from) return event;
  const { from: _from, ...bare } = event;
  return (from === event.seq ? bare : { ...event, from }) as E;
}

/** Which events stay, seen from the end: what was met already is later in the log. */
function supersede(events: readonly RunEvent[], detail: Detail): boolean[] {
  const keep = Array.from<boolean>({ length: events.length }).fill(true);
  /** Per step, the attempt up to which tokens are superseded. */
  const superseded = new Map<string, number>();
  let progressFollows = false;
  for (let index = events.length - 1; index >= 0; index--) {
    const event = events[index];
    switch (event?.type) {
      case "token":
        keep[index] =
          detail === "tokens" && event.attempt > (superseded.get(stepKey(event.stage, event.iteration)) ?? 0);
        break;
      case "stage_complete":
        raise(superseded, stepKey(event.stage, event.iteration), event.attempt);
        break;
      case "stage_start":
        raise(superseded, stepKey(event.stage, event.iteration), event.attempt - 1);
        break;
      case "progress":
        keep[index] = !progressFollows;
        progressFollows = true;
        break;
      case "run_complete":
        progressFollows = true;
        break;
      default:
    }
  }
  return keep;
}

function raise(map: Map<string, number>, key: string, attempt: number): void {
  map.set(key, Math.max(map.get(key) ?? 0, attempt));
}

function continues(a: TokenEvent, b: TokenEvent, maxTextLength: number): boolean {
  return (
    a.text.length + b.text.length <= maxTextLength &&
    a.channel === b.channel &&
    a.attempt === b.attempt &&
    a.iteration === b.iteration &&
    a.stage === b.stage &&
    a.offset + a.text.length === b.offset
  );
}
