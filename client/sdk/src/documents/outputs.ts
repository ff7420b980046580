import type { RunView, StepView } from "@stagewire/shared";
import { safeSegment, uniqueIn } from "./safe-path.js";
import { statusOf, stepId, stepTitle } from "./versions.js";

/** What one step wrote, as a file. */
export interface Output {
  /** Safe on every system and unique within the run: `03-review.md`, `04-refinement-1.partial.md`. */
  readonly name: string;
  readonly stage: string;
  readonly iteration: number;
  /** For people: `Refinement 1`. */
  readonly title: string;
  readonly text: string;
  readonly status: StepView["status"];
  /** True when its step completed. Others are what had been written when the run ended, or so far. */
  readonly accepted: boolean;
}

/** Everything that a run's steps wrote, in the order in which they began. What was skipped is void and left out. Pure. */
export function outputsOf(view: RunView): Output[] {
  const unique = uniqueIn();
  const width = String(view.steps.length).length;
  return view.steps.flatMap((step, index) => {
    if (step.status === "skipped" || step.output === "") return [];
    const accepted = step.status === "completed";
    const number = String(index + 1).padStart(Math.max(2, width), "0");
    const place = safeSegment(stepId(step).replaceAll(":", "-")) ?? "step";
    return {
      name: unique(`${number}-${place}${accepted ? "" : ".partial"}.md`),
      stage: step.stage,
      iteration: step.iteration,
      title: stepTitle(view, step),
      text: step.output,
      status: statusOf(view, step),
      accepted,
    };
  });
}
