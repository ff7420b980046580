import { useCallback, useSyncExternalStore } from "react";
import { storesOf } from "../stores/client-stores.js";
import { NO_EVENTS, type RunEventsState } from "../stores/events-store.js";
import { useClient } from "./provider.js";

/**
 * The events of a run, live, for as long as a component shows them; all components share one watch. `undefined` for
 * the run watches nothing.
 */
export function useRunEvents(runId: string | undefined): RunEventsState {
  const client = useClient();
  const store = runId === undefined ? undefined : storesOf(client).events(runId);
  const subscribe = useCallback((listener: () => void) => store?.subscribe(listener) ?? (() => undefined), [store]);
  return useSyncExternalStore(
    subscribe,
    () => store?.getSnapshot() ?? NO_EVENTS,
    () => NO_EVENTS,
  );
}
