import { type Command, type StagewireError, toStagewireError } from "@stagewire/shared";
import { nanoid } from "nanoid";
import type { Client } from "../types.js";
import type { Store } from "./live-store.js";

interface Press {
  readonly command: Command;
  readonly commandId: string;
  /** When it was pressed, Unix ms. */
  readonly at: number;
}

/** What became of the last press of one control. */
export type ControlState = Press &
  (
    | /** Sent. `late` once no answer came within 2 s: not confirmed, and still being tried under the same id. */
      { readonly status: "requested"; readonly late: boolean }
    /** In the log at `seq`. */
    | { readonly status: "acknowledged"; readonly outcome: "applied" | "scheduled"; readonly seq?: number }
    /** In the log too, except when the run was closed. */
    | { readonly status: "rejected"; readonly reason?: string }
    /** No answer could be had: whether it was done is unknown. */
    | { readonly status: "failed"; readonly error: StagewireError }
  );

/** Each control's last press: `cancel`, `skip`, … */
export type ControlStates = Readonly<Partial<Record<Command["type"], ControlState>>>;

export const NO_CONTROLS: ControlStates = {};

export interface ControlsStore extends Store<ControlStates> {
  /** Sends a command; a new press of the same control takes the place of the last one. Never rejects. */
  send(command: Command): Promise<void>;
  /** Sends the last press of a control once more, under its id: it acts once, however often it arrives. Never rejects. */
  again(type: Command["type"]): Promise<void>;
}

/** How long an answer may take before a command counts as not confirmed, in ms. */
const LATE_MS = 2_000;

/** Steers one run, and keeps what became of it. */
export function createControlsStore(client: Client, runId: string): ControlsStore {
  const listeners = new Set<() => void>();
  let states = NO_CONTROLS;

  async function press(command: Command, commandId: string): Promise<void> {
    const sent = { command, commandId, at: Date.now() };
    let mine: ControlState | undefined;
    const put = (state: ControlState): void => {
      // A later press of the same control has taken over.
      if (mine && states[command.type] !== mine) return;
      mine = state;
      states = { ...states, [command.type]: state };
      for (const listener of [...listeners]) listener();
    };
    put({ ...sent, status: "requested", late: false });
    const timer = setTimeout(() => put({ ...sent, status: "requested", late: true }), LATE_MS);
    try {
      const { outcome, reason, seq } = await client.runs.control(runId, command, { commandId });
      if (outcome === "rejected") put({ ...sent, status: "rejected", ...(reason !== undefined && { reason }) });
      else put({ ...sent, status: "acknowledged", outcome, ...(seq !== undefined && { seq }) });
    } catch (thrown) {
      put({ ...sent, status: "failed", error: toStagewireError(thrown) });
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    getSnapshot: () => states,
    subscribe(listener) {
      const entry = (): void => listener();
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    send: (command) => press(command, nanoid()),
    async again(type) {
      const last = states[type];
      if (last) await press(last.command, last.commandId);
    },
  };
}
