import {
  activeStep,
  type Command,
  type EventBody,
  NO_USAGE,
  reduce,
  type RunEvent,
  type RunOptions,
  type RunView,
} from "@stagewire/shared";
import type { Pipeline } from "@stagewire/server";
import { type Decision, decide } from "../../server/src/engine/decide.js";
import { nextStep } from "../../server/src/engine/next-step.js";

/** A run without a model, a clock or a log: what the loop does, one turn at a time. */
export interface SimulatedRun {
  readonly view: RunView;
  readonly events: readonly RunEvent[];
  /** Sends a command and writes down what the loop writes then. */
  command(command: Command): Decision;
  /** Begins the next step, if one is due. True when one runs now. */
  begin(): boolean;
  /** Ends the running step well; a review with this verdict. */
  end(approved: boolean): void;
  /** The running step's call fails: it will be tried again, or the run fails with it. */
  fail(retry: boolean): void;
  /** Writes the end, if the run is done. True when it is closed. */
  close(): boolean;
}

export function simulateRun(pipeline: Pipeline, options: RunOptions = {}): SimulatedRun {
  const events: RunEvent[] = [];
  let view: RunView | undefined;
  const write = (...bodies: EventBody[]) => {
    for (const body of bodies) {
      const event = { ...body, runId: "run", seq: events.length + 1, at: events.length } as RunEvent;
      events.push(event);
      view = reduce(view, event);
    }
  };
  const stages = pipeline.stages.map(({ id, title, loop }) => ({
    id,
    title,
    ...(loop && { loop: { max: loop.max } }),
  }));
  write({ type: "run_start", task: "build it", pipeline: { id: pipeline.id, title: pipeline.title, stages }, options });
  const now = () => {
    if (!view) throw new Error("a run begins with run_start");
    return view;
  };
  const complete = (outcome: "completed" | "skipped" | "cancelled" | "failed", approved = false) => {
    const step = activeStep(now());
    if (!step) return;
    const verdict = pipeline.stages.find(({ id }) => id === step.stage)?.verdict && outcome === "completed";
    const { stage, iteration, attempt } = step;
    write({
      type: "stage_complete",
      stage,
      iteration,
      attempt,
      outcome,
      output: `${stage} ${iteration}`,
      ...(verdict && { verdict: { approved, findings: [] } }),
      usage: NO_USAGE,
      durationMs: 1,
    });
  };
  const finish = (outcome: "completed" | "cancelled" | "failed") =>
    write({ type: "run_complete", outcome, usage: NO_USAGE, durationMs: 1 });

  return {
    get view() {
      return now();
    },
    events,
    command(command) {
      const decision = decide(pipeline, now(), command);
      if (decision.outcome === "rejected") {
        const { outcome, reason } = decision;
        if (reason !== "run_closed")
          write({ type: "control", commandId: `c${events.length}`, command, by: "test", outcome, reason });
        return decision;
      }
      write({
        type: "control",
        commandId: `c${events.length}`,
        command,
        by: "test",
        outcome: decision.outcome,
        ...decision.at,
      });
      if (decision.interrupts) complete(decision.interrupts);
      if (decision.ends) finish("cancelled");
      return decision;
    },
    begin() {
      const next = nextStep(pipeline, now());
      if (next.type === "step") {
        const { stage, iteration, attempt, cause } = next;
        write({ type: "stage_start", stage, iteration, attempt, model: "m", cause });
      }
      return next.type === "step";
    },
    end: (approved) => complete("completed", approved),
    fail(retry) {
      const step = activeStep(now());
      if (!step) return;
      const { stage, iteration, attempt } = step;
      const error = {
        type: "error" as const,
        code: "MODEL_UNAVAILABLE",
        message: "down",
        retryable: true,
        stage,
        iteration,
        attempt,
      };
      if (retry) return write({ ...error, fatal: false, retryInMs: 1 });
      write({ ...error, fatal: true });
      complete("failed");
      finish("failed");
    },
    close() {
      const next = nextStep(pipeline, now());
      if (next.type === "done" && !next.closed) finish(next.outcome);
      return next.type === "done";
    },
  };
}
