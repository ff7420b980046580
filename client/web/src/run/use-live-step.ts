import { useRun } from "@stagewire/client/react";
import { findStep, type RunView, type StepView } from "@stagewire/shared";

export interface LiveStepOptions {
  /** As the page's frame has it, which may be a moment old. */
  readonly view: RunView;
  readonly step: StepView | undefined;
  /** True when this is the run as it once was: then the step is what it was. */
  readonly replayed: boolean;
}

/** A step with all text that came, for the few components that are rendered with each token. */
export function useLiveStep({ view, step, replayed }: LiveStepOptions): StepView | undefined {
  const live = useRun(view.runId).view ?? view;
  if (replayed || !step) return step;
  return findStep(live, step.stage, step.iteration) ?? step;
}
