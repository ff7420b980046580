import type { ControlEvent, RunEvent, TokenEvent } from "./events.js";
import { addModelUsage, addUsage, NO_USAGE } from "./usage-sum.js";
import type { Usage } from "./usage.js";
import { type RunView, type StepView, stepKey } from "./view.js";

/** The view before the first event. */
export function initialView(runId = ""): RunView {
  return {
    runId,
    seq: 0,
    status: "queued",
    task: "",
    pipeline: { id: "", title: "", stages: [] },
    options: {},
    createdAt: 0,
    updatedAt: 0,
    steps: [],
    controls: [],
    errors: [],
    paused: false,
    openedGates: [],
    skippedIterations: [],
    cancelScheduled: false,
    usage: NO_USAGE,
    usageByModel: [],
  };
}

/**
 * Folds one event of a run into its view. Pure and total: no clock, no I/O, never throws.
 * An event that was folded before (`seq` not above the view's) changes nothing, and an event of a type it does not
 * know only moves `seq`. Over compacted events it gives the same view as over the full log.
 */
export function reduce(view: RunView | undefined, event: RunEvent): RunView {
  const before = view ?? initialView(event.runId);
  if (event.seq <= before.seq) return before;
  const next: RunView = { ...before, seq: event.seq, updatedAt: event.at };
  switch (event.type) {
    case "run_start":
      return {
        ...next,
        runId: event.runId,
        status: "queued",
        task: event.task,
        pipeline: event.pipeline,
        options: event.options,
        ...(event.parent && { parent: event.parent }),
        createdAt: event.at,
      };
    case "stage_start": {
      const earlier = findIndex(before, event);
      const counted = countUsage(next, earlier, event.usage);
      const usage = counted.steps[earlier]?.usage;
      const started: StepView = {
        stage: event.stage,
        iteration: event.iteration,
        attempt: event.attempt,
        model: event.model,
        cause: event.cause,
        status: "running",
        startedAt: before.steps[earlier]?.startedAt ?? event.at,
        attemptStartedAt: event.at,
        attemptSeq: event.seq,
        output: "",
        reasoning: "",
        failures: before.steps[earlier]?.failures ?? 0,
        ...(usage && { usage }),
      };
      return { ...counted, status: "running", steps: put(counted.steps, earlier, started) };
    }
    case "token":
      return appendText(next, event);
    case "progress": {
      const { type: _type, runId: _runId, from: _from, ...progress } = event;
      const status = event.phase === "queued" || event.phase === "paused" ? event.phase : "running";
      return { ...next, status, progress };
    }
    case "stage_complete": {
      const index = findIndex(before, event);
      const step = before.steps[index];
      if (!step || step.attempt > event.attempt) return next;
      const steps = put(before.steps, index, {
        ...step,
        attempt: event.attempt,
        status: event.outcome,
        output: event.output,
        reasoning: event.reasoning ?? "",
        ...(event.verdict && { verdict: event.verdict }),
        completedAt: event.at,
        ...(event.firstTokenMs !== undefined && { firstTokenMs: event.firstTokenMs }),
        durationMs: event.durationMs,
      });
      return countUsage({ ...next, steps }, index, event.usage);
    }
    case "control":
      return applyControl(next, event);
    case "error": {
      const { type: _type, runId: _runId, from: _from, usage: _usage, ...error } = event;
      const errors = [...before.errors, error];
      const index = event.attempt === undefined || event.stage === undefined ? -1 : findIndex(before, event);
      const step = before.steps[index];
      if (!step || step.status !== "running" || step.attempt !== event.attempt) return { ...next, errors };
      const retrying = event.retryInMs !== undefined;
      if (!retrying && !event.fatal) return { ...next, errors };
      const failed: StepView = {
        ...step,
        status: retrying ? "retrying" : step.status,
        failures: step.failures + 1,
      };
      const told = [...before.errors, { ...error, model: step.model }];
      return countUsage({ ...next, errors: told, steps: put(before.steps, index, failed) }, index, event.usage);
    }
    case "run_complete": {
      const { progress: _progress, ...closed } = next;
      return {
        ...closed,
        status: event.outcome,
        paused: false,
        cancelScheduled: false,
        usage: event.usage,
        ...(event.costUsd !== undefined && { costUsd: event.costUsd }),
        ...(event.output !== undefined && { output: event.output }),
        completedAt: event.at,
        durationMs: event.durationMs,
      };
    }
    default:
      return next;
  }
}

function appendText(view: RunView, event: TokenEvent): RunView {
  const index = findIndex(view, event);
  const step = view.steps[index];
  if (!step || step.attempt !== event.attempt) return view;
  const have = step[event.channel];
  // A merged token may begin before what was folded already: place it by offset, so that applying it twice does no harm.
  if (event.offset + event.text.length <= have.length) return view;
  const text = event.offset === have.length ? have + event.text : have.slice(0, event.offset) + event.text;
  return { ...view, steps: put(view.steps, index, { ...step, [event.channel]: text }) };
}

function applyControl(view: RunView, event: ControlEvent): RunView {
  const { type: _type, runId: _runId, from: _from, ...control } = event;
  const next: RunView = { ...view, controls: [...view.controls, control] };
  if (event.outcome === "rejected") return next;
  switch (event.command.type) {
    case "cancel":
      return event.outcome === "scheduled" ? { ...next, cancelScheduled: true } : next;
    case "skip": {
      if (event.iteration === undefined) return next;
      if (event.command.target === "iteration") {
        return { ...next, skippedIterations: [...next.skippedIterations, event.iteration] };
      }
      return { ...next, lastIteration: Math.min(next.lastIteration ?? Infinity, event.iteration - 1) };
    }
    case "pause":
      return { ...next, paused: true };
    case "resume": {
      const opened = event.stage === undefined ? [] : [stepKey(event.stage, event.iteration ?? 0)];
      return { ...next, paused: false, openedGates: [...next.openedGates, ...opened] };
    }
    case "guide":
      return next;
    default:
      // A command that a later version added: told, and otherwise without effect here.
      return next;
  }
}

function findIndex(view: RunView, at: { stage?: string; iteration?: number }): number {
  return view.steps.findLastIndex((step) => step.stage === at.stage && step.iteration === at.iteration);
}

function put(steps: readonly StepView[], index: number, step: StepView): readonly StepView[] {
  return index < 0 ? [...steps, step] : steps.with(index, step);
}

/** Adds what an attempt of the step at `index` used to the step, to its model, and to the run. */
function countUsage(view: RunView, index: number, usage: Usage | undefined): RunView {
  const step = view.steps[index];
  if (!step || !usage) return view;
  return {
    ...view,
    steps: put(view.steps, index, { ...step, usage: step.usage ? addUsage(step.usage, usage) : usage }),
    usage: addUsage(view.usage, usage),
    usageByModel: addModelUsage(view.usageByModel, step.model, usage),
  };
}
