import type { RunEvent, RunView } from "@stagewire/shared";
import { formatCount, formatDuration, plural } from "../lib/format";

/** The step that an event is about: "Refinement 1"; empty where it is about the run. Pure. */
export function stepNameOf(event: RunEvent, view: RunView): string {
  if (!("stage" in event) || event.stage === undefined) return "";
  const title = view.pipeline.stages.find(({ id }) => id === event.stage)?.title ?? event.stage;
  return event.iteration ? `${title} ${event.iteration}` : title;
}

/** What an event says, in one line. Pure. */
export function summarize(event: RunEvent): string {
  switch (event.type) {
    case "run_start":
      return oneLine(event.task);
    case "stage_start":
      return `${event.model}${event.attempt > 1 ? `, attempt ${event.attempt}: ${event.cause}` : ""}`;
    case "token":
      return `${event.channel === "reasoning" ? "thinks " : ""}“${oneLine(event.text)}”`;
    case "progress":
      return event.message;
    case "stage_complete": {
      const { outcome, output, durationMs, verdict } = event;
      const approved = verdict ? (verdict.approved ? ", approved" : ", not approved") : "";
      return `${outcome}${approved}, ${plural(output.length, "character")} in ${formatDuration(durationMs)}`;
    }
    case "control": {
      const { command, by, outcome, reason } = event;
      const more = Object.entries(command).flatMap(([name, value]) => (name === "type" ? [] : [value]));
      return `${[command.type, ...more].join(" ")}, by ${by}: ${outcome}${reason === undefined ? "" : `, ${reason}`}`;
    }
    case "error":
      return `${event.code}: ${oneLine(event.message)}`;
    case "run_complete":
      return `${event.outcome} in ${formatDuration(event.durationMs)}`;
    default:
      return "";
  }
}

/** The numbers that an event covers: `12`, or `3–12` where others were compacted into it. */
export function rangeOf({ from, seq }: RunEvent): string {
  return from === undefined || from === seq ? formatCount(seq) : `${formatCount(from)}–${formatCount(seq)}`;
}

const MOST = 300;

function oneLine(text: string): string {
  const start = text.slice(0, MOST).replace(/\s+/g, " ");
  return text.length > MOST ? `${start}…` : start;
}
