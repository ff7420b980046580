import {
  type Ack,
  type CommandEnvelope,
  type ControlView,
  type EventBody,
  type RunView,
  StagewireError,
} from "@stagewire/shared";
import { type Decision, decide } from "./decide.js";
import type { RunLoop } from "./run-loop.js";

/** Handles the commands of one run, one after the other in the order in which they came. */
export interface Commands {
  /** The ack comes after the commit of the `control` event; for one that ends a model call, with its connection closed. */
  handle(envelope: CommandEnvelope, by: string): Promise<Ack>;
  /** The run, with what is about to be committed. */
  readonly view: RunView;
  /** The run as its log shows it, without reading the log. Rejects when that can't be known here. */
  committedView(): Promise<RunView>;
}

export function createCommands(run: RunLoop): Commands {
  let last: Promise<unknown> = Promise.resolve();

  const act = async (envelope: CommandEnvelope, by: string): Promise<Ack> => {
    const { commandId, command } = envelope;
    // An ack that rests on what the view shows must not be ahead of the log.
    const seen = async (ack: Ack) => {
      await run.committed();
      return ack;
    };
    const earlier = earlierAck(run.view.controls, commandId);
    if (earlier) return seen(earlier);
    const decision = decide(run.pipeline, run.view, command);
    if (decision.outcome === "rejected" && decision.reason === "run_closed") return seen(runClosed(commandId));
    const control = controlBody(envelope, by, decision);
    if (decision.outcome !== "rejected" && decision.interrupts) {
      await run.interrupt({ control, outcome: decision.interrupts, ends: decision.ends ?? false });
    } else {
      await run.note(control);
    }
    const ack = earlierAck(run.view.controls, commandId);
    if (!ack) throw new StagewireError("INTERNAL", `Command ${commandId} left no trace in the log.`);
    return ack;
  };

  return {
    get view() {
      return run.view;
    },
    handle(envelope, by) {
      const answer = last.then(() => act(envelope, by));
      last = answer.catch(() => {});
      return answer;
    },
    async committedView() {
      const { view } = run;
      await run.committed();
      return view;
    },
  };
}

/** The ack that `commandId` got before, if any: the same id twice acts once. */
export function earlierAck(controls: readonly ControlView[], commandId: string): Ack | undefined {
  const control = controls.find((entry) => entry.commandId === commandId);
  if (!control) return undefined;
  const { outcome, reason, seq } = control;
  return { commandId, outcome, ...(reason !== undefined && { reason }), seq };
}

/** The ack on a closed run: nothing follows `run_complete`, so there is no event to point to. */
export function runClosed(commandId: string): Ack {
  return { commandId, outcome: "rejected", reason: "run_closed" };
}

function controlBody(
  { commandId, command }: CommandEnvelope,
  by: string,
  decision: Decision,
): EventBody & { type: "control" } {
  return {
    type: "control",
    commandId,
    command,
    by,
    outcome: decision.outcome,
    ...(decision.outcome === "rejected" ? { reason: decision.reason } : decision.at),
  };
}
