import type { Command, CommandOutcome } from "./commands.js";
import type { ProgressEvent, StageStartEvent } from "./events.js";
import type { Parent, PipelineInfo, RunOptions, RunStatus } from "./run.js";
import type { Usage } from "./usage.js";
import type { ModelUsage } from "./usage-sum.js";
import type { Verdict } from "./verdict.js";

/** One step of a run: a stage at an iteration, with the text of its latest attempt. */
export interface StepView {
  readonly stage: string;
  /** 0 outside the loop, 1…n for the n-th refinement and its re-review. */
  readonly iteration: number;
  readonly attempt: number;
  readonly model: string;
  readonly cause: StageStartEvent["cause"];
  readonly status: "running" | "retrying" | "completed" | "skipped" | "cancelled" | "failed";
  /** Unix ms of the first attempt. */
  readonly startedAt: number;
  /** Unix ms of the latest attempt. */
  readonly attemptStartedAt: number;
  /** `seq` of the latest attempt's `stage_start`: guidance before it is in the attempt's prompt, later guidance is not. */
  readonly attemptSeq: number;
  readonly output: string;
  readonly reasoning: string;
  /** Attempts of this step that ended in an error. */
  readonly failures: number;
  readonly verdict?: Verdict;
  /** Of every attempt that has ended. */
  readonly usage?: Usage;
  /** Unix ms. */
  readonly completedAt?: number;
  /** Of the attempt that ended the step: ms from asking the model to its first piece; missing where none came. */
  readonly firstTokenMs?: number;
  /** Of the attempt that ended the step. */
  readonly durationMs?: number;
}

/** One command and what came of it. */
export interface ControlView {
  readonly seq: number;
  readonly at: number;
  readonly commandId: string;
  readonly command: Command;
  readonly by: string;
  readonly outcome: CommandOutcome;
  readonly reason?: string;
  readonly stage?: string;
  readonly iteration?: number;
}

/** One `error` event. */
export interface ErrorView {
  readonly seq: number;
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly fatal: boolean;
  readonly stage?: string;
  readonly iteration?: number;
  readonly attempt?: number;
  /** The model that failed, on errors that ended an attempt. */
  readonly model?: string;
  readonly retryInMs?: number;
  readonly maxAttempts?: number;
}

/** A run as a UI shows it and recovery starts from: what `reduce` folds the log into. */
export interface RunView {
  readonly runId: string;
  /** The last event folded; 0 before the first. */
  readonly seq: number;
  readonly status: RunStatus;
  readonly task: string;
  readonly pipeline: PipelineInfo;
  readonly options: RunOptions;
  readonly parent?: Parent;
  /** Unix ms. */
  readonly createdAt: number;
  /** Unix ms of the last event folded. */
  readonly updatedAt: number;
  /** In the order in which they began. */
  readonly steps: readonly StepView[];
  /** The latest sign of life; gone once the run is closed. */
  readonly progress?: Omit<ProgressEvent, "type" | "runId" | "from">;
  readonly controls: readonly ControlView[];
  readonly errors: readonly ErrorView[];
  /** True from an effective `pause` to its `resume`. */
  readonly paused: boolean;
  /** Steps whose gate was opened by a `resume`, as {@link stepKey}. */
  readonly openedGates: readonly string[];
  /** Iterations that were or will be skipped one by one. */
  readonly skippedIterations: readonly number[];
  /** The loop ends after this iteration (0: it is not entered), from a skip of all that remain. */
  readonly lastIteration?: number;
  /** True once a cancel waits for the running stage to end. */
  readonly cancelScheduled: boolean;
  /** Of every attempt of every step that has ended. */
  readonly usage: Usage;
  /** The same by model, in the order in which they were first used. */
  readonly usageByModel: readonly ModelUsage[];
  readonly costUsd?: number;
  /** The run's result; only on a completed run. */
  readonly output?: string;
  /** Unix ms. */
  readonly completedAt?: number;
  readonly durationMs?: number;
}

/** Names a step within a run. */
export function stepKey(stage: string, iteration: number): string {
  return `${stage}#${iteration}`;
}

/** True once `run_complete` was folded: nothing can follow. */
export function isClosed(view: RunView): boolean {
  return view.completedAt !== undefined;
}

/** The step `(stage, iteration)`, if it has begun. */
export function findStep(view: RunView, stage: string, iteration: number): StepView | undefined {
  return view.steps.findLast((step) => step.stage === stage && step.iteration === iteration);
}

/** True for a step that a fork took over from its parent: its log has it as one that took no time and cost nothing. */
export function isInherited({ parent }: RunView, { usage, durationMs }: StepView): boolean {
  return parent !== undefined && durationMs === 0 && usage?.promptTokens === 0 && usage.completionTokens === 0;
}

/** The output that stands for `stage`: its own, or that of a later stage which revises it. Skipped and failed steps don't count. */
export function acceptedOutput(view: RunView, stage: string): string | undefined {
  const counts = new Set(
    view.pipeline.stages.flatMap(({ id, revises }) => (id === stage || revises === stage ? [id] : [])),
  );
  return view.steps.findLast((step) => step.status === "completed" && counts.has(step.stage))?.output;
}

/** The step that runs (or waits to be retried) now, if any. */
export function activeStep(view: RunView): StepView | undefined {
  const last = view.steps.at(-1);
  return last && (last.status === "running" || last.status === "retrying") ? last : undefined;
}
