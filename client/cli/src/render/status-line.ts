import type { ConnectionState } from "@stagewire/client";
import { activeStep, type RunView } from "@stagewire/shared";
import stringWidth from "string-width";
import { clock, count, stepName } from "./format.js";
import { fit, plain } from "./plain.js";

export interface StatusFacts {
  readonly view: RunView;
  readonly connection: ConnectionState;
  /** What is to be typed to let a paused run go on. */
  readonly resume: string;
  /** Unix ms by this machine's clock; so are the next two. */
  readonly now: number;
  /** When the last event came. */
  readonly eventAt: number;
  /** When the running attempt's last token came; missing before its first. */
  readonly tokenAt?: number;
}

/** A part of the line. The part with the highest rank goes first where there is no room; rank 0 stays. */
interface Part {
  readonly text: string;
  readonly rank: number;
}

/**
 * `▸ review 3/5 · 82 tok/s · last 0.1 s · 02:14 · #1842`, at most `width` columns wide: in a narrow window the
 * position goes first, then the rate, and what runs and for how long stays. Pure.
 */
export function statusLine(facts: StatusFacts, width: number = Infinity): string {
  const { view, now, eventAt } = facts;
  const elapsed = view.createdAt === 0 ? 0 : view.updatedAt - view.createdAt + (now - eventAt);
  const [what, ...details] = activity(facts);
  let parts = [
    { text: what ?? "starting", rank: 0 },
    ...details.map((text) => ({ text, rank: text.endsWith("tok/s") ? 2 : 1 })),
    { text: clock(elapsed), rank: 0 },
    { text: `#${view.seq}`, rank: 3 },
  ];
  while (stringWidth(joined(parts)) > width) {
    const rank = Math.max(...parts.map((part) => part.rank));
    if (rank === 0) break;
    parts = parts.filter((part) => part.rank < rank);
  }
  const line = joined(parts);
  const tooMuch = stringWidth(line) - width;
  if (tooMuch <= 0) return line;
  const [first, ...rest] = parts;
  const kept = fit(first?.text ?? "", Math.max(1, stringWidth(first?.text ?? "") - tooMuch));
  return fit(joined([{ text: kept, rank: 0 }, ...rest]), width);
}

function joined(parts: readonly Part[]): string {
  return `▸ ${parts.map(({ text }) => text).join(" · ")}`;
}

function activity({ view, connection, resume, now, eventAt, tokenAt }: StatusFacts): string[] {
  const step = activeStep(view);
  const name = step ? [plain(stepName(view.pipeline, step.stage, step.iteration))] : [];
  if (connection.status === "reconnecting") {
    const wait = Math.max(0, connection.retryAt - now);
    return [...name, `connection lost, try ${connection.attempt} in ${seconds(wait)}`];
  }
  const { progress } = view;
  if (view.cancelScheduled) name.push("cancels after this stage");
  if (progress?.phase === "queued") {
    return [progress.queuePosition === undefined ? "queued" : `queued, number ${progress.queuePosition}`];
  }
  if (progress?.phase === "paused") return [...name, `paused: ${resume}`];
  if (view.paused) name.push("pauses after this step");
  if (step?.status === "retrying") return [...name, `retrying, attempt ${step.attempt + 1}`];
  if (tokenAt === undefined)
    return [...name, step ? `waiting for the first token, ${seconds(now - (eventAt - sinceStart(view)))}` : "starting"];
  const rate = progress?.tokensPerSecond;
  return [...name, ...(rate === undefined ? [] : [`${count(rate)} tok/s`]), `last ${seconds(now - tokenAt)}`];
}

/** Ms between the start of the running attempt and the last event, by the server's clock. */
function sinceStart(view: RunView): number {
  return view.updatedAt - (activeStep(view)?.attemptStartedAt ?? view.updatedAt);
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}
