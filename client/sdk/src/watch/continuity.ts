import { type RunEvent, type RunEventType, withFrom } from "@stagewire/shared";

/** What a batch of events comes to. */
export interface Taken {
  /** What was not seen before, each beginning where the one before it ended. */
  readonly events: RunEvent[];
  /** True when an event is missing; what follows it in the batch was not taken. */
  readonly gap: boolean;
}

/** Checks that a run's events arrive without a gap, and drops what was seen. Pure: no clock, no I/O. */
export interface Continuity {
  /** The last `seq` that was seen; `undefined` while that can't be known. */
  readonly last: number | undefined;
  take(events: readonly RunEvent[]): Taken;
}

const KNOWN: Readonly<Record<RunEventType, true>> = {
  run_start: true,
  stage_start: true,
  token: true,
  progress: true,
  stage_complete: true,
  control: true,
  error: true,
  run_complete: true,
};

/** `last` is the `seq` after which to go on; `undefined` accepts whatever comes first. */
export function createContinuity(last: number | undefined): Continuity {
  let seen = last;
  /** The last `seq` that was handed on: events of unknown types are seen and not handed on. */
  let handed = last;

  function take(events: readonly RunEvent[]): Taken {
    const fresh: RunEvent[] = [];
    for (const event of events) {
      const first = event.from ?? event.seq;
      seen ??= first - 1;
      handed ??= seen;
      if (event.seq <= seen) continue;
      if (first > seen + 1) return { events: fresh, gap: true };
      seen = event.seq;
      if (!Object.hasOwn(KNOWN, event.type)) continue;
      fresh.push(withFrom(event, handed + 1));
      handed = event.seq;
    }
    return { events: fresh, gap: false };
  }

  return {
    get last() {
      return seen;
    },
    take,
  };
}
