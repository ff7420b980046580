import type { RunView, StepView } from "@stagewire/shared";
import { useState } from "react";

/**
 * The run as all but its text shows it: the same object for as long as nothing but text is added. A hundred tokens a
 * second then render the text, and not the whole page. About once a second progress is told, and it is the newest view.
 */
export function useFrameView(view: RunView): RunView {
  const [last, setLast] = useState(view);
  const same = onlyTextGrew(last, view);
  if (!same) setLast(view);
  return same ? last : view;
}

/** True when `after` is the same run with more text in steps that had begun to write, or none. Pure. */
export function onlyTextGrew(before: RunView, after: RunView): boolean {
  return (
    isSame(before, after, ["seq", "updatedAt", "steps"]) &&
    before.steps.length === after.steps.length &&
    before.steps.every((step, index) => isSameStep(step, after.steps[index]))
  );
}

function isSameStep(before: StepView, after: StepView | undefined): boolean {
  if (after === undefined) return false;
  return (
    isSame(before, after, ["output", "reasoning"]) &&
    // Where a text begins, there is more to show than the text.
    (before.output === "") === (after.output === "") &&
    (before.reasoning === "") === (after.reasoning === "")
  );
}

function isSame<Value extends object>(before: Value, after: Value, but: readonly (keyof Value)[]): boolean {
  if (before === after) return true;
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof Value)[]);
  for (const key of but) keys.delete(key);
  return [...keys].every((key) => before[key] === after[key]);
}
