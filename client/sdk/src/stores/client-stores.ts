import type { Client } from "../types.js";
import { type ControlsStore, createControlsStore } from "./controls-store.js";
import { createEventsStore, type RunEventsState } from "./events-store.js";
import type { Store } from "./live-store.js";
import { createRunStore, type RunState } from "./run-store.js";
import { createRunsStore, type RunsStore } from "./runs-store.js";

/** The stores of one client: everybody who asks for the same run gets the same one. */
export interface ClientStores {
  run(runId: string): Store<RunState>;
  events(runId: string): Store<RunEventsState>;
  controls(runId: string): ControlsStore;
  readonly runs: RunsStore;
}

const ALL = new WeakMap<Client, ClientStores>();

/** The stores that belong to `client`; they go when it goes. */
export function storesOf(client: Client): ClientStores {
  const known = ALL.get(client);
  if (known) return known;
  const runs = new Map<string, Store<RunState>>();
  const events = new Map<string, Store<RunEventsState>>();
  const controls = new Map<string, ControlsStore>();
  const stores: ClientStores = {
    run: (runId) => take(runs, runId, (idle) => createRunStore(client, runId, idle)),
    events: (runId) => take(events, runId, (idle) => createEventsStore(client, runId, idle)),
    controls: (runId) => take(controls, runId, () => createControlsStore(client, runId)),
    runs: createRunsStore(client),
  };
  ALL.set(client, stores);
  return stores;
}

/** `make` gets what to call once nobody has used it for a while. */
function take<T>(map: Map<string, T>, key: string, make: (idle: () => void) => T): T {
  const known = map.get(key);
  if (known) return known;
  const made = make(() => {
    // Whoever still holds this one must not take away the one that came after it.
    if (map.get(key) === made) map.delete(key);
  });
  map.set(key, made);
  return made;
}
