import { activeStep, type Command, isClosed, type RejectionReason, type RunView } from "@stagewire/shared";
import type { Pipeline } from "../pipelines/types.js";
import { loopPosition, nextStep, type Position } from "./next-step.js";

/** What comes of a command at this moment of a run. */
export type Decision =
  | { readonly outcome: "rejected"; readonly reason: RejectionReason }
  | {
      readonly outcome: "applied" | "scheduled";
      /** Where it takes effect; for a skip, the first iteration that is skipped. */
      readonly at?: Partial<Position>;
      /** How the running step, if there is one, ends because of it. */
      readonly interrupts?: "skipped" | "cancelled";
      /** True when the run ends with it. */
      readonly ends?: boolean;
    };

/** Decides a command from the folded log alone. Pure. */
export function decide(pipeline: Pipeline, view: RunView, command: Command): Decision {
  if (isClosed(view)) return rejected("run_closed");
  const active = activeStep(view);
  switch (command.type) {
    case "cancel":
      if (command.when === "after_stage" && active) {
        return view.cancelScheduled ? rejected("already_cancelling") : { outcome: "scheduled", at: place(active) };
      }
      return { outcome: "applied", interrupts: "cancelled", ends: true, ...(active && { at: place(active) }) };
    case "skip":
      return decideSkip(pipeline, view, command);
    case "pause":
      if (view.paused) return rejected("already_paused");
      return { outcome: active ? "scheduled" : "applied" };
    case "resume": {
      const next = nextStep(pipeline, view);
      if (next.type === "wait") return { outcome: "applied", at: place(next) };
      // A pause that has not taken effect yet is taken back.
      return view.paused ? { outcome: "applied" } : rejected("not_paused");
    }
    case "guide":
      return { outcome: "applied" };
  }
}

function decideSkip(pipeline: Pipeline, view: RunView, { target, when }: Extract<Command, { type: "skip" }>): Decision {
  const loop = loopPosition(pipeline, view);
  switch (loop.where) {
    case "none":
      return rejected("not_refining");
    case "past":
      return rejected("already_past");
    case "before":
      if (target === "iteration") return rejected("not_refining");
      if (view.lastIteration === 0) return rejected("already_past");
      return { outcome: "scheduled", at: { iteration: 1 } };
    case "inside": {
      if (when === "after_iteration") {
        // After the last one there is no iteration to skip; that nothing remains then is true all the same.
        if (target === "iteration" && loop.iteration >= loop.last) return rejected("already_past");
        return { outcome: "scheduled", at: { iteration: loop.iteration + 1 } };
      }
      return { outcome: "applied", at: { iteration: loop.iteration }, interrupts: "skipped" };
    }
  }
}

function place({ stage, iteration }: Position): Position {
  return { stage, iteration };
}

function rejected(reason: RejectionReason): Decision {
  return { outcome: "rejected", reason };
}
