import { isClosed, type RunView } from "@stagewire/shared";
import { loopPosition } from "./plan";

/** Why each control can't be used now, in words for the person; `undefined` where it can. */
export interface Availability {
  readonly cancel?: string;
  readonly cancelAfterStage?: string;
  readonly skipIteration?: string;
  readonly skipRemaining?: string;
  /** Of skipping what follows the iteration that runs. */
  readonly skipAfter?: string;
}

/** Pure. What the server decides may differ by what is under way: its answer is what counts. */
export function availability(view: RunView): Availability {
  if (isClosed(view)) {
    const reason = "the run has ended";
    return { ...noSkip(reason), cancel: reason, cancelAfterStage: reason };
  }
  const cancelling = view.cancelScheduled ? { cancelAfterStage: "already cancelling" } : {};
  switch (loopPosition(view)) {
    case "none":
      return { ...noSkip("this run has no refinement"), ...cancelling };
    case "past":
      return { ...noSkip("refinement is over"), ...cancelling };
    case "before": {
      const skipped = view.lastIteration === 0 ? { skipRemaining: "already skipped" } : {};
      return { ...cancelling, skipIteration: "not refining yet", skipAfter: "not refining yet", ...skipped };
    }
    case "inside":
      return cancelling;
  }
}

function noSkip(reason: string): Availability {
  return { skipIteration: reason, skipRemaining: reason, skipAfter: reason };
}
