import { useMemo, useSyncExternalStore } from "react";
import { storesOf } from "../stores/client-stores.js";
import { NO_RUNS, type RunsState } from "../stores/runs-store.js";
import { useClient } from "./provider.js";

/** The newest runs, live, and how to get at older ones. */
export interface UseRuns extends RunsState {
  /** Asks for the next older runs; stays the same from render to render. */
  loadMore(): void;
}

/** The newest runs first, live. Older ones than the first page come with `loadMore`. */
export function useRuns(): UseRuns {
  const store = storesOf(useClient()).runs;
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => NO_RUNS);
  return useMemo(() => ({ ...state, loadMore: store.loadMore }), [state, store]);
}
