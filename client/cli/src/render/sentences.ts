import type {
  Command,
  ControlEvent,
  ErrorEvent,
  StageCompleteEvent,
  StageStartEvent,
  Verdict,
} from "@stagewire/shared";
import { duration, tokens } from "./format.js";

/** `completed in 12.3 s, 1,204 tokens, approved` */
export function stageEnd(event: StageCompleteEvent): string {
  const parts = [`${event.outcome} ${event.outcome === "completed" ? "in" : "after"} ${duration(event.durationMs)}`];
  if (event.usage.completionTokens > 0) parts.push(tokens(event.usage));
  if (event.verdict) parts.push(verdictText(event.verdict));
  return parts.join(", ");
}

/** Why a step begins again; `undefined` for its first attempt. */
export function newAttempt(event: StageStartEvent): string | undefined {
  switch (event.cause) {
    case "next":
      return undefined;
    case "retry":
      return `attempt ${event.attempt} with ${event.model}`;
    case "fallback":
      return `attempt ${event.attempt} with the fallback model ${event.model}`;
    case "recovered":
      return `attempt ${event.attempt}: the server had stopped`;
  }
}

/** `cancel by ci: applied (too slow)` */
export function controlText(event: ControlEvent): string {
  const why = event.reason ?? ("reason" in event.command ? event.command.reason : undefined);
  return `${commandText(event.command)} by ${event.by}: ${event.outcome}${why === undefined ? "" : ` (${why})`}`;
}

/** `Paused before Review: stagewire resume k3f9` */
export function pausedText(message: string, resume: string): string {
  return `${message.replace(/: resume to go on$/, "") || "Paused"}: ${resume}`;
}

export function errorText(event: ErrorEvent): string {
  // Another model is tried at once.
  const when = event.retryInMs === 0 ? "at once" : `in ${duration(event.retryInMs ?? 0)}`;
  const next = event.retryInMs === undefined ? "" : `; attempt ${(event.attempt ?? 1) + 1} ${when}`;
  return `${event.code}: ${event.message}${next}`;
}

export function commandText(command: Command): string {
  switch (command.type) {
    case "cancel":
      return command.when === "now" ? "cancel" : "cancel after this stage";
    case "skip": {
      const what = command.target === "remaining" ? "skip all that remains of the refinement" : "skip this iteration";
      return command.when === "now" ? what : `${what} after this one`;
    }
    case "guide":
      return `guidance "${command.text}"`;
    default:
      return command.type;
  }
}

function verdictText(verdict: Verdict): string {
  if (verdict.approved) return "approved";
  const { length } = verdict.findings;
  return `not approved, ${length} ${length === 1 ? "finding" : "findings"}`;
}
