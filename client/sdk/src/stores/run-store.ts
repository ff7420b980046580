import { reduce, type RunView, type StagewireError, toStagewireError } from "@stagewire/shared";
import type { Client } from "../types.js";
import { createLiveStore, type Store } from "./live-store.js";

/** What a watch that had lost its connection found when it was back. */
export interface CaughtUp {
  /** How many events it had missed until then; each of them is in the view now. */
  readonly events: number;
  /** Unix ms, by this machine's clock. */
  readonly at: number;
}

/** A run as it is known now. */
export interface RunState {
  /** Missing until the first events came. */
  readonly view?: RunView;
  /** True once there is something to show: a view or an error. */
  readonly ready: boolean;
  /** Why the run can't be watched any further. */
  readonly error?: StagewireError;
  /** Unix ms, by this machine's clock, at which the last event came in. */
  readonly lastEventAt?: number;
  /** After a lost connection, once the watch goes on: of the last time. */
  readonly caughtUp?: CaughtUp;
}

export const NO_RUN: RunState = { ready: false };

/** Folds one run while somebody looks on; tells of a change at most once a frame of events. */
export function createRunStore(client: Client, runId: string, onIdle?: () => void): Store<RunState> {
  return createLiveStore({
    initial: NO_RUN,
    run: (set, signal) => followRun(client, runId, set, signal),
    ...(onIdle && { onIdle }),
  });
}

async function followRun(
  client: Client,
  runId: string,
  set: (state: RunState) => void,
  signal: AbortSignal,
): Promise<void> {
  let view: RunView | undefined;
  let state = NO_RUN;
  let caughtUp: CaughtUp | undefined;
  /** The last `seq` that came before the connection was lost, until it is back. */
  let lostAfter: number | undefined;
  const publish = (): void => {
    if (!view || view === state.view) return;
    const at = Date.now();
    if (lostAfter !== undefined) {
      if (client.connection.state.status === "open") {
        caughtUp = { events: view.seq - lostAfter, at };
        lostAfter = undefined;
      } else lostAfter = view.seq;
    }
    set((state = { view, ready: true, lastEventAt: at, ...(caughtUp && { caughtUp }) }));
  };
  const letGo = client.connection.subscribe(() => {
    if (view && client.connection.state.status === "reconnecting") lostAfter ??= view.seq;
  });
  try {
    for await (const event of client.runs.watch(runId, { signal, onCursor: publish })) view = reduce(view, event);
  } catch (thrown) {
    publish();
    set({ ...state, ready: true, error: toStagewireError(thrown) });
  } finally {
    letGo();
  }
}
