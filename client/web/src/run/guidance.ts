import { type RunView, stepKey } from "@stagewire/shared";

/** One text of guidance, and the step in whose prompt it was first. */
export interface Guidance {
  readonly seq: number;
  /** Unix ms. */
  readonly at: number;
  readonly by: string;
  readonly text: string;
  /** As `stepKey`; missing while no step has begun since. */
  readonly since?: string;
}

/** All guidance of a run in the order in which it was given. Pure. */
export function guidanceOf(view: RunView): Guidance[] {
  return view.controls.flatMap(({ command, outcome, seq, at, by }) => {
    if (command.type !== "guide" || outcome === "rejected") return [];
    // A new attempt gets a new prompt, so what counts is where the latest one began.
    const first = view.steps.find((step) => step.attemptSeq > seq);
    return [{ seq, at, by, text: command.text, ...(first && { since: stepKey(first.stage, first.iteration) }) }];
  });
}
