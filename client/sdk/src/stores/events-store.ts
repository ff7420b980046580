import { type RunEvent, type StagewireError, toStagewireError } from "@stagewire/shared";
import type { Client } from "../types.js";
import { createLiveStore, type Store } from "./live-store.js";

/** The events of a run, as far as they came in. */
export interface RunEventsState {
  /** From `run_start` on, each beginning where the one before it ended; what was past when the watch began is compacted. */
  readonly events: readonly RunEvent[];
  /** True once there is something to show: events or an error. */
  readonly ready: boolean;
  /** Why no more events can come. */
  readonly error?: StagewireError;
}

export const NO_EVENTS: RunEventsState = { events: [], ready: false };

/** Keeps the events of one run while somebody looks on; tells of new ones at most once a frame of events. */
export function createEventsStore(client: Client, runId: string, onIdle?: () => void): Store<RunEventsState> {
  return createLiveStore({
    initial: NO_EVENTS,
    run: (set, signal) => followEvents(client, runId, set, signal),
    ...(onIdle && { onIdle }),
  });
}

async function followEvents(
  client: Client,
  runId: string,
  set: (state: RunEventsState) => void,
  signal: AbortSignal,
): Promise<void> {
  const events: RunEvent[] = [];
  let state = NO_EVENTS;
  const publish = (): void => {
    if (events.length > state.events.length) set((state = { events: [...events], ready: true }));
  };
  try {
    for await (const event of client.runs.watch(runId, { signal, onCursor: publish })) events.push(event);
  } catch (thrown) {
    publish();
    set({ ...state, ready: true, error: toStagewireError(thrown) });
  }
}
