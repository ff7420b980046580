import { useMemo, useSyncExternalStore } from "react";
import { storesOf } from "../stores/client-stores.js";
import { NO_RUN, type RunState } from "../stores/run-store.js";
import type { ConnectionState } from "../types.js";
import { useClient } from "./provider.js";
import { useConnection } from "./use-connection.js";

/** A run as it is known now, and what the socket is doing. */
export interface UseRun extends RunState {
  readonly connection: ConnectionState;
}

/** Watches a run for as long as a component shows it. All components that show the same run share one watch. */
export function useRun(runId: string): UseRun {
  const store = storesOf(useClient()).run(runId);
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => NO_RUN);
  const connection = useConnection();
  return useMemo(() => ({ ...state, connection }), [state, connection]);
}
