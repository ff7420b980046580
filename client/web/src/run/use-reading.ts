import { activeStep, isClosed, type RunView, stepKey } from "@stagewire/shared";
import { useState } from "react";
import { useAction } from "../keys/use-action";
import { useSessionState } from "../lib/use-session-state";
import type { RunAddress } from "./address";
import type { PlannedStep } from "./plan";
import { useFollow, type Follow } from "./use-follow";

/** Which step's text is shown, and whether it is kept at its growing end. */
export interface Reading {
  readonly shown: PlannedStep | undefined;
  /** False where the newest text is what is shown, at its end. */
  readonly away: boolean;
  /** Lines that were written since the reader went away. */
  readonly newLines: number;
  readonly content: Follow["content"];
  select(step: PlannedStep): void;
  goLive(): void;
}

/** Follows the running step until the reader chooses another one or lets go; offers the keys for that. */
export function useReading(view: RunView, steps: readonly PlannedStep[], address: RunAddress): Reading {
  const { chosen, choose } = address;
  /** The step that was shown when the reader let go: it stays, however far the run goes on. */
  const [held, setHeld] = useSessionState<string | null>(`held:${view.runId}`, null);
  const [linesBefore, setLinesBefore] = useState<number>();
  const active = activeStep(view) ?? view.steps.at(-1);
  const liveKey = active ? stepKey(active.stage, active.iteration) : steps[0]?.key;
  const shown = steps.find(({ key }) => key === (chosen ?? held ?? liveKey)) ?? steps[0];
  const open = !isClosed(view);
  const { content, following, take, release } = useFollow({
    shown: shown?.key,
    enabled: open && shown?.key === liveKey,
    memory: `reading:${view.runId}`,
  });

  if (!following && held === null && chosen === undefined && open && liveKey !== undefined) setHeld(liveKey);
  if (following && held !== null && held === liveKey) setHeld(null);

  const away = open && (!following || shown?.key !== liveKey);
  if (away && linesBefore === undefined) setLinesBefore(countLines(view));
  if (!away && linesBefore !== undefined) setLinesBefore(undefined);

  function goLive(): void {
    choose(undefined);
    setHeld(null);
    take();
  }
  function select(step: PlannedStep): void {
    if (step.key === liveKey && open) return goLive();
    release();
    choose(step);
  }

  const at = steps.findIndex(({ key }) => key === shown?.key);
  const after = steps[at + 1];
  const before = steps[at - 1];
  useAction("stage-next", after && (() => select(after)), "this is the last stage");
  useAction("stage-previous", before && (() => select(before)), "this is the first stage");
  const laterIteration = nearestIteration(steps, shown, 1);
  const earlierIteration = nearestIteration(steps, shown, -1);
  useAction("iteration-next", laterIteration && (() => select(laterIteration)), "there is no later iteration");
  useAction(
    "iteration-previous",
    earlierIteration && (() => select(earlierIteration)),
    "there is no earlier iteration",
  );
  useAction("live", open ? goLive : undefined);
  useAction("follow", open ? (away ? goLive : release) : undefined, "the run has ended: nothing is written any more");

  return {
    shown,
    away,
    newLines: away && linesBefore !== undefined ? Math.max(0, countLines(view) - linesBefore) : 0,
    content,
    select,
    goLive,
  };
}

/** The same stage an iteration further on, or the loop's first or last step from outside of it. */
function nearestIteration(
  steps: readonly PlannedStep[],
  shown: PlannedStep | undefined,
  by: 1 | -1,
): PlannedStep | undefined {
  if (!shown) return undefined;
  const wanted = shown.iteration + by;
  const inside = steps.find(({ stage, iteration }) => stage === shown.stage && iteration === wanted);
  if (inside) return inside;
  const at = steps.indexOf(shown);
  const beyond = by > 0 ? steps.slice(at + 1) : steps.slice(0, at).toReversed();
  return beyond.find(({ iteration }) => iteration > 0 && iteration !== shown.iteration);
}

function countLines(view: RunView): number {
  let lines = 0;
  for (const { output } of view.steps) {
    for (let at = output.indexOf("\n"); at >= 0; at = output.indexOf("\n", at + 1)) lines++;
  }
  return lines;
}
