import { activeStep, isClosed, type RunView, stepKey } from "@stagewire/shared";
import { formatClock } from "../lib/format";
import { STATE_WORDS } from "../ui/states";
import { flattenPlan, planRun } from "./plan";

/** What the browser's tab is called: `3/8 review · 02:14 · stagewire`. */
export function tabTitle(view: RunView | undefined, elapsedMs: number): string {
  if (!view) return "stagewire";
  const clock = formatClock(elapsedMs);
  if (isClosed(view) || view.status === "queued" || view.status === "paused")
    return `${STATE_WORDS[view.status]} · ${clock} · stagewire`;
  const steps = flattenPlan(planRun(view)).filter(({ state }) => state !== "unneeded");
  const last = activeStep(view) ?? view.steps.at(-1);
  const at = last ? steps.findIndex(({ key }) => key === stepKey(last.stage, last.iteration)) : -1;
  if (!last || at < 0) return `${STATE_WORDS[view.status]} · ${clock} · stagewire`;
  return `${at + 1}/${steps.length} ${last.stage} · ${clock} · stagewire`;
}
