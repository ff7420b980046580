import {
  type ControlView,
  findStep,
  isClosed,
  isInherited,
  type RunView,
  type StepView,
  stepKey,
} from "@stagewire/shared";
import type { State } from "../ui/states";
import { guidanceOf } from "./guidance";

/** One step of a run as the rail shows it, begun or not. */
export interface PlannedStep {
  /** As `stepKey`. */
  readonly key: string;
  readonly stage: string;
  readonly iteration: number;
  readonly title: string;
  readonly state: State;
  /** Missing until it begins. */
  readonly step?: StepView;
  /** The command that skipped it. */
  readonly skippedBy?: ControlView;
  /** True while a gate before it is closed. */
  readonly gate?: boolean;
  /** True when guidance took effect with it. */
  readonly guided?: boolean;
  /** True when a fork took it over from its parent. */
  readonly inherited?: boolean;
}

/** One stage of the pipeline. The stage that loops has its steps in `iterations`, each with its re-review. */
export interface PlannedStage {
  readonly id: string;
  readonly title: string;
  readonly step?: PlannedStep;
  readonly iterations?: readonly { readonly iteration: number; readonly steps: readonly PlannedStep[] }[];
}

/** Every step of the run in the pipeline's order, those not begun included. Pure. */
export function planRun(view: RunView): PlannedStage[] {
  const plan = planStages(view);
  return view.status === "paused" ? markPaused(plan) : plan;
}

/** The plan as one list, in the order in which the steps run. */
export function flattenPlan(plan: readonly PlannedStage[]): PlannedStep[] {
  return plan.flatMap((stage) => stage.step ?? stage.iterations?.flatMap(({ steps }) => steps) ?? []);
}

/** The step that a paused run waits before is the first that has not begun. */
function markPaused(plan: PlannedStage[]): PlannedStage[] {
  const next = flattenPlan(plan).find(({ state }) => state === "planned");
  const mark = (step: PlannedStep): PlannedStep => (step === next ? { ...step, state: "paused" } : step);
  return plan.map((stage) => ({
    ...stage,
    ...(stage.step && { step: mark(stage.step) }),
    ...(stage.iterations && {
      iterations: stage.iterations.map((entry) => ({ ...entry, steps: entry.steps.map(mark) })),
    }),
  }));
}

function planStages(view: RunView): PlannedStage[] {
  const { stages } = view.pipeline;
  return stages.map(({ id, title, loop }): PlannedStage => {
    if (!loop) return { id, title, step: planStep(view, id, 0) };
    const max = maxIterations(view, loop.max);
    const { review } = loop;
    const iterations = Array.from({ length: max }, (_, at) => {
      const iteration = at + 1;
      const steps = [id, ...(review === undefined ? [] : [review])].map((stage) => planStep(view, stage, iteration));
      return { iteration, steps };
    });
    return { id, title, iterations };
  });
}

/** Where a run stands towards its refinement loop. */
export function loopPosition(view: RunView): "none" | "before" | "inside" | "past" {
  const loopIndex = view.pipeline.stages.findIndex((stage) => stage.loop);
  const loop = view.pipeline.stages[loopIndex]?.loop;
  if (!loop || maxIterations(view, loop.max) === 0) return "none";
  const last = view.steps.at(-1);
  if (!last) return "before";
  const index = view.pipeline.stages.findIndex((stage) => stage.id === last.stage);
  if (index > loopIndex || loopIsOver(view)) return "past";
  return last.iteration > 0 ? "inside" : "before";
}

function maxIterations(view: RunView, max: number): number {
  return view.options.maxRefinements ?? max;
}

function planStep(view: RunView, stage: string, iteration: number): PlannedStep {
  const step = findStep(view, stage, iteration);
  const skippedBy = iteration > 0 ? findSkip(view, iteration) : undefined;
  const title = view.pipeline.stages.find(({ id }) => id === stage)?.title ?? stage;
  const state = step?.status ?? notBegun(view, iteration, skippedBy !== undefined);
  const key = stepKey(stage, iteration);
  const gated = view.options.gates?.includes(stage) === true && !view.openedGates.includes(key);
  return {
    key,
    stage,
    iteration,
    title: iteration > 0 ? `${title} ${iteration}` : title,
    state,
    ...(step && { step }),
    ...(state === "skipped" && skippedBy && { skippedBy }),
    ...(state === "planned" && gated && { gate: true }),
    ...(guidanceOf(view).some(({ since }) => since === key) && { guided: true }),
    ...(step && isInherited(view, step) && { inherited: true }),
  };
}

function notBegun(view: RunView, iteration: number, skipped: boolean): State {
  if (skipped) return "skipped";
  if (iteration > 0 && (loopIsOver(view) || iteration < firstIteration(view))) return "unneeded";
  return isClosed(view) ? "unreached" : "planned";
}

/** A fork takes the loop up to its place as its parent left it. */
function firstIteration({ parent, pipeline: { stages } }: RunView): number {
  if (!parent) return 1;
  const from = stages.findIndex(({ id }) => id === parent.fromStage);
  return from > stages.findIndex(({ loop }) => loop) ? Infinity : (parent.iteration ?? 0);
}

/** True once a review approved, or a stage after the loop began. */
function loopIsOver(view: RunView): boolean {
  const last = view.steps.at(-1);
  if (!last) return false;
  const loopIndex = view.pipeline.stages.findIndex((stage) => stage.loop);
  if (last.status === "completed" && last.verdict?.approved === true) return true;
  return view.pipeline.stages.findIndex((stage) => stage.id === last.stage) > loopIndex;
}

/** The accepted command that skips `iteration`: that one alone, or all from an earlier one on. */
function findSkip(view: RunView, iteration: number): ControlView | undefined {
  return view.controls.find(({ command, outcome, iteration: first }) => {
    if (command.type !== "skip" || outcome === "rejected" || first === undefined) return false;
    return command.target === "iteration" ? first === iteration : first <= iteration;
  });
}
