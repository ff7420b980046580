import type { Command } from "@stagewire/shared";
import { useMemo, useSyncExternalStore } from "react";
import { storesOf } from "../stores/client-stores.js";
import { type ControlStates, NO_CONTROLS } from "../stores/controls-store.js";
import { useClient } from "./provider.js";

/** The controls of one run. The functions stay the same from render to render and never throw. */
export interface UseControls {
  /** What became of each control's last press. */
  readonly states: ControlStates;
  send(command: Command): void;
  /** Sends the last press of a control once more, under its id: it acts once, however often it arrives. */
  again(type: Command["type"]): void;
  cancel(options?: { when?: "now" | "after_stage"; reason?: string }): void;
  skip(options?: { target?: "iteration" | "remaining"; when?: "now" | "after_iteration" }): void;
  pause(): void;
  resume(): void;
  guide(text: string): void;
}

/** Steers a run. Each press is kept in two phases: requested, then acknowledged at its `seq` or rejected with a reason. */
export function useControls(runId: string): UseControls {
  const store = storesOf(useClient()).controls(runId);
  const states = useSyncExternalStore(store.subscribe, store.getSnapshot, () => NO_CONTROLS);
  const actions = useMemo(() => {
    const send = (command: Command): void => void store.send(command);
    return {
      send,
      again: (type: Command["type"]) => void store.again(type),
      cancel: ({ when = "now", reason }: { when?: "now" | "after_stage"; reason?: string } = {}) =>
        send({ type: "cancel", when, ...(reason !== undefined && { reason }) }),
      skip: ({ target = "iteration", when = "now" }: Parameters<UseControls["skip"]>[0] = {}) =>
        send({ type: "skip", target, when }),
      pause: () => send({ type: "pause" }),
      resume: () => send({ type: "resume" }),
      guide: (text: string) => send({ type: "guide", text }),
    };
  }, [store]);
  return useMemo(() => ({ states, ...actions }), [states, actions]);
}
