import { activeStep, isClosed, type RunView, stepKey, type StepView } from "@stagewire/shared";
import { byWhom } from "../lib/explain";
import { firstSeen } from "../lib/first-seen";
import { formatClock, formatDuration, plural } from "../lib/format";
import type { IconName } from "../ui/icon";
import { pausedText, pauseState } from "./pausing";
import { quietAfterMs, usualFirstTokenMs } from "./usual";

/** The server tells of a run every 2 s at least: without a word for this long, something is wrong with it or the line. */
const SERVER_SILENT_MS = 5_000;

/** What the run is doing right now, told apart from a run that is stuck. */
export interface PulseLine {
  readonly icon: IconName;
  readonly text: string;
  /** True when this takes longer than it should. */
  readonly unusual?: boolean;
}

/** What this page has seen arrive, in Unix ms by this machine's clock; missing until it did. */
export interface Heard {
  readonly lastEventAt?: number | undefined;
  readonly lastTokenAt?: number | undefined;
  /** Since when it has looked on at the call that runs. */
  readonly callSince: number;
}

/** Pure but for `firstSeen`. Holds while the connection is open. */
export function pulseLine(view: RunView, now: number, heard: Heard): PulseLine {
  if (isClosed(view)) return closedLine(view);
  const unheard = now - (heard.lastEventAt ?? now);
  if (unheard > SERVER_SILENT_MS) {
    const text = `connected, but no word from the server for ${formatDuration(unheard)}`;
    return { icon: "waiting", text, unusual: true };
  }
  const step = activeStep(view);
  if (step?.status === "retrying")
    return { icon: "retrying", text: `attempt ${step.attempt} failed · ${nextAttempt(view, step, now)}` };
  const { progress } = view;
  if (view.status === "queued") return { icon: "queued", text: queuedText(progress?.queuePosition) };
  const paused = pausedText(view);
  if (paused) return { icon: "paused", text: `${paused}: resume to go on` };
  if (pauseState(view) === "stalled") return { icon: "paused", text: progress?.message ?? "paused", unusual: true };
  const line = callLine(view, step, now, heard);
  if (view.cancelScheduled) return { ...line, text: `cancels after this stage · ${line.text}` };
  if (pauseState(view) === "pausing")
    return { ...line, text: `finishing the current call, then paused · ${line.text}` };
  return line;
}

function callLine(
  view: RunView,
  step: StepView | undefined,
  now: number,
  { lastTokenAt, callSince }: Heard,
): PulseLine {
  if (!step) return { icon: "waiting", text: view.steps.length === 0 ? "starting" : "starting the next step" };
  const begun = step.output !== "" || step.reasoning !== "";
  const silent = begun ? now - (lastTokenAt ?? callSince) : waitedMs(view, step, now);
  const usual = usualFirstTokenMs(view, step.model);
  const usually = usual === undefined ? "" : `first token usually after ${formatDuration(usual)}`;
  if (silent > quietAfterMs(usual)) {
    const text = `connected, silent for ${formatDuration(silent)}${usually && `; ${usually}`}`;
    return { icon: "waiting", text, unusual: true };
  }
  if (!begun) {
    const text = `waiting for the first token · ${formatDuration(silent)} so far${usually && `, ${usually}`}`;
    return { icon: "waiting", text };
  }
  const last = lastTokenAt === undefined ? "" : ` · last token ${formatDuration(silent)} ago`;
  if (step.output === "")
    return { icon: "running", text: `thinking · ${plural(step.reasoning.length, "character")} of reasoning${last}` };
  return { icon: "running", text: `streaming${last}` };
}

/** Ms since the model was asked, by the server's count and this machine's ticking. */
function waitedMs(view: RunView, step: StepView, now: number): number {
  const { progress } = view;
  const same = progress?.stage === step.stage && progress.iteration === step.iteration && step.attempt === 1;
  // Until its first token a step stays the same object.
  if (!same || progress.stageElapsedMs === undefined) return Math.max(0, now - firstSeen(step));
  return progress.stageElapsedMs + Math.max(0, now - firstSeen(progress));
}

/** That a run waits for its turn, and why. */
export function queuedText(position: number | undefined): string {
  const why = "this server runs no more at once";
  if (position === undefined) return `queued: ${why}`;
  return position === 1 ? `queued, next in line: ${why}` : `queued at position ${position}: ${why}`;
}

/** `attempt 2 of at most 4 in 12 s`. Pure but for `firstSeen`. */
export function nextAttempt(view: RunView, step: StepView, now: number): string {
  const error = view.errors.findLast(({ stage, iteration }) => stage === step.stage && iteration === step.iteration);
  const left = error?.retryInMs === undefined ? 0 : error.retryInMs - Math.max(0, now - firstSeen(error));
  const when = left > 0 ? `in ${formatDuration(left)}` : "now";
  const most = error?.maxAttempts === undefined ? "" : ` of at most ${error.maxAttempts}`;
  return `attempt ${step.attempt + 1}${most} ${when}`;
}

function closedLine(view: RunView): PulseLine {
  const clock = formatClock(view.durationMs ?? 0);
  switch (view.status) {
    case "cancelled": {
      const cancel = view.controls.findLast(
        ({ command, outcome }) => command.type === "cancel" && outcome !== "rejected",
      );
      const reason = cancel?.command.type === "cancel" ? cancel.command.reason : undefined;
      const by = cancel ? ` by ${byWhom(cancel.by)}` : "";
      return { icon: "cancelled", text: `cancelled${by} after ${clock}${reason === undefined ? "" : `: ${reason}`}` };
    }
    case "failed":
      return { icon: "failed", text: `failed after ${clock}` };
    default:
      return { icon: "completed", text: `finished in ${clock}` };
  }
}

/** The step in which the run failed, as `stepKey`. */
export function failedStep(view: RunView): string | undefined {
  const error = failure(view);
  return error?.stage === undefined ? undefined : stepKey(error.stage, error.iteration ?? 0);
}

/** The error that ended the run, if one did. */
export function failure(view: RunView): RunView["errors"][number] | undefined {
  return view.errors.findLast(({ fatal }) => fatal);
}
