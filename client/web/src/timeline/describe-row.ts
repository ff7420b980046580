import type { RunView } from "@stagewire/shared";
import { byWhom } from "../lib/explain";
import { formatDuration, formatTime, formatWhen, plural, pluralTokens } from "../lib/format";
import { STATE_WORDS } from "../ui/states";
import type { AttemptTimes } from "./attempts";
import type { TimelineRow } from "./timeline";

/** What stands under a row's title: what became of it. */
export function noteOf({ planned, state, attempts, endedBy, to }: TimelineRow): string {
  if (!planned) {
    if (endedBy) return `Resumed by ${byWhom(endedBy.by)}`;
    return to === undefined ? "Goes on" : "";
  }
  if (planned.skippedBy) return `Skipped by ${byWhom(planned.skippedBy.by)}, ${formatWhen(planned.skippedBy.at)}`;
  if (planned.inherited) return "Taken over from the earlier run";
  const more = [
    STATE_WORDS[state],
    ...(attempts.length > 1 ? [plural(attempts.length, "attempt")] : []),
    ...(planned.step?.verdict ? [planned.step.verdict.approved ? "approved" : "not approved"] : []),
    ...(planned.gate ? ["gate"] : []),
  ];
  return more.join(" · ");
}

/** The exact figures of a row, a line each. `now` is where a row ends that goes on, Unix ms. */
export function figuresOf(row: TimelineRow, view: RunView, now: number): string[] {
  const { planned, from, to, attempts, endedBy } = row;
  if (from === undefined) return [noteOf(row)];
  if (planned?.inherited) return ["Taken over from the run that this one was forked from; it took no time here."];
  const took = formatDuration((to ?? now) - from);
  const after = formatDuration(from - view.createdAt);
  const lines = [
    `${formatTime(from)}, ${after} after the start. ${to === undefined ? `So far ${took}` : `Took ${took}`}.`,
  ];
  if (endedBy) lines.push(`Resumed by ${byWhom(endedBy.by)} at ${formatTime(endedBy.at)}.`);
  if (planned?.skippedBy) lines.push(`${noteOf(row)}.`);
  lines.push(...attempts.map((attempt, index) => attemptLine(attempt, attempts[index + 1], attempts.length > 1, now)));
  const usage = planned?.step?.usage;
  if (usage) lines.push(`Written: ${pluralTokens(usage.completionTokens, usage.estimated)}.`);
  return lines;
}

function attemptLine(attempt: AttemptTimes, next: AttemptTimes | undefined, counted: boolean, now: number): string {
  const { startedAt, endedAt, firstTokenAt, outcome, error, retryAt } = attempt;
  const name = counted ? `Attempt ${attempt.attempt}, ${attempt.model}` : attempt.model;
  const end = endedAt ?? now;
  if (outcome === "lost")
    return `${name}: cut off when the server stopped; begun again ${span(startedAt, next?.startedAt ?? now)} later.`;
  const first = firstTokenAt === undefined ? "" : `first token after ${span(startedAt, firstTokenAt)}`;
  if (outcome === "failed") {
    const then =
      retryAt === undefined
        ? ""
        : `; next attempt ${next ? `after ${span(end, next.startedAt)}` : `at ${formatTime(retryAt)}`}`;
    return `${name}: ${first && `${first}, `}failed after ${span(startedAt, end)}: ${error ?? "no reason told"}${then}`;
  }
  if (firstTokenAt === undefined || firstTokenAt > end) {
    return outcome === "running"
      ? `${name}: waiting for the first token for ${span(startedAt, end)}.`
      : `${name}: asked and written in ${span(startedAt, end)}; when the first token came was not kept.`;
  }
  return `${name}: ${first}, ${outcome === "running" ? "writing for" : "written in"} ${span(firstTokenAt, end)}.`;
}

function span(from: number, to: number): string {
  return formatDuration(Math.max(0, to - from));
}
