import type { ControlState } from "@stagewire/client/react";
import { explainReason } from "../lib/explain";

/** What to say under a control: what became of its last press, and why it can't be used now. */
export function controlNote(state: ControlState | undefined, unavailable: string | undefined): string {
  const fate = state && pressNote(state);
  return [fate, unavailable].filter((part) => part !== undefined).join(" · ");
}

/** What became of a press. */
export function pressNote(state: ControlState): string {
  switch (state.status) {
    case "requested":
      return state.late ? "not confirmed: still trying" : "requested…";
    case "acknowledged": {
      const at = state.seq === undefined ? "acknowledged" : `acknowledged at #${state.seq}`;
      return state.outcome === "scheduled" ? `${at}, in effect later` : at;
    }
    case "rejected":
      return `rejected: ${explainReason(state.reason)}`;
    case "failed":
      return "not confirmed";
  }
}
