import type { Verdict } from "@stagewire/shared";
import type { Message } from "../models/types.js";

/** What a stage's prompt is built from. */
export interface PromptContext {
  readonly task: string;
  /** Accepted outputs so far by stage id. A stage that `revises` another replaces that one's output here. */
  readonly outputs: Readonly<Record<string, string>>;
  /** 0 outside the loop, 1…n for the n-th refinement and its re-review. */
  readonly iteration: number;
  /** The latest review's verdict; missing when there was no review yet or its verdict could not be read. */
  readonly verdict?: Verdict;
  /** The latest review's whole text. */
  readonly review?: string;
  /** What people said while the run was going, oldest first. */
  readonly guidance: readonly string[];
}

/** One stage: what the model is asked, and what its answer is to the pipeline. */
export interface StageDefinition {
  /** Unique within the pipeline. */
  readonly id: string;
  readonly title: string;
  /** The messages for the model. Pure. */
  prompt(context: PromptContext): Message[];
  /** True when the output ends in a verdict (see `parseVerdict`). */
  readonly verdict?: boolean;
  /** The stage whose accepted output a completed output of this one replaces. */
  readonly revises?: string;
  /** Repeats this stage until the verdict of `review` approves, at most `max` times; `review` runs again after each. */
  readonly loop?: { readonly max: number; readonly review: string };
}

/** A validated pipeline; made by `definePipeline`. */
export interface Pipeline {
  readonly id: string;
  readonly title: string;
  readonly stages: readonly StageDefinition[];
}
