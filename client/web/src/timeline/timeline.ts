import { type ControlView, isClosed, type RunEvent, type RunView } from "@stagewire/shared";
import { flattenPlan, planRun, type PlannedStep } from "../run/plan";
import type { State } from "../ui/states";
import { type AttemptTimes, attemptsOf } from "./attempts";

/** A stretch of time in a row of the timeline; Unix ms. */
export interface Span {
  readonly kind: "asking" | "writing" | "call" | "failed" | "lost" | "retry" | "queued" | "paused" | "idle";
  readonly from: number;
  readonly to: number;
}

/** One row: a step, or a wait between steps. */
export interface TimelineRow {
  readonly key: string;
  readonly title: string;
  readonly state: State;
  readonly spans: readonly Span[];
  /** Missing on steps that have not begun. */
  readonly from?: number;
  /** Missing while it goes on. */
  readonly to?: number;
  /** The step that it shows; missing on waits. */
  readonly planned?: PlannedStep;
  readonly attempts: readonly AttemptTimes[];
  /** Of a wait: what ended it. */
  readonly endedBy?: ControlView;
}

export interface Timeline {
  readonly rows: readonly TimelineRow[];
  /** Unix ms. */
  readonly from: number;
  readonly to: number;
}

/** A wait shorter than this is how long it takes to begin a step, in ms: no row of its own. */
const SHORT_MS = 250;

/** What happened when, in the order of the pipeline. `now` is Unix ms by the server's clock. Pure. */
export function timelineOf(view: RunView, events: readonly RunEvent[], now: number): Timeline {
  const from = view.createdAt;
  const to = Math.max(from + 1, isClosed(view) ? (view.completedAt ?? now) : now);
  const attempts = attemptsOf(view, events);
  const rows: TimelineRow[] = [];
  let free = from;
  for (const planned of flattenPlan(planRun(view))) {
    const { step, key, title, state, inherited } = planned;
    if (!step) {
      rows.push({ key, title, state, planned, spans: [], attempts: [] });
      continue;
    }
    if (!inherited) putWait(rows, view, free, step.startedAt, planned);
    const own = attempts.get(key) ?? [];
    const end = step.completedAt;
    rows.push({
      key,
      title,
      state,
      planned,
      spans: inherited ? [] : own.flatMap((attempt, index) => spansOf(attempt, own[index + 1]?.startedAt ?? end ?? to)),
      attempts: own,
      from: step.startedAt,
      ...(end !== undefined && { to: end }),
    });
    free = Math.max(free, end ?? to);
  }
  if (free < to && !isClosed(view)) putWait(rows, view, free, to);
  return { rows, from, to };
}

/** The stretches of one attempt, with the wait for the next one, which begins or ends the step at `until`. */
function spansOf({ startedAt, endedAt, firstTokenAt, outcome, retryAt }: AttemptTimes, until: number): Span[] {
  const end = Math.max(startedAt, endedAt ?? until);
  const retry: Span[] = retryAt === undefined ? [] : [{ kind: "retry", from: end, to: until }];
  if (outcome === "lost") return [{ kind: "lost", from: startedAt, to: until }];
  if (outcome === "failed") return [{ kind: "failed", from: startedAt, to: end }, ...retry];
  if (firstTokenAt === undefined)
    return [{ kind: outcome === "running" ? "asking" : "call", from: startedAt, to: end }];
  const first = Math.min(end, firstTokenAt);
  return [
    { kind: "asking", from: startedAt, to: first },
    ...(end > first ? [{ kind: "writing" as const, from: first, to: end }] : []),
  ];
}

/** Adds a row for the time from `from` to `to` in which nothing ran; before `next`, where it has ended. */
function putWait(rows: TimelineRow[], view: RunView, from: number, to: number, next?: PlannedStep): void {
  if (to - from < SHORT_MS) return;
  const during = view.controls.filter(({ at, outcome }) => outcome !== "rejected" && at >= from && at <= to);
  const resume = during.find(({ command }) => command.type === "resume");
  const paused = resume !== undefined || (next ? false : view.status === "paused");
  const queued = !paused && rows.every(({ spans }) => spans.length === 0);
  const kind = paused ? "paused" : queued ? "queued" : "idle";
  const waitsFor = next ?? flattenPlan(planRun(view)).find(({ state }) => state === "paused" || state === "planned");
  const before = waitsFor ? ` before ${waitsFor.title}` : "";
  const gate =
    resume && view.options.gates?.includes(waitsFor?.stage ?? "") === true && resume.stage === waitsFor?.stage;
  const titles = { paused: `${gate ? "Gate" : "Paused"}${before}`, queued: "Queued", idle: `Waiting${before}` };
  const row: TimelineRow = {
    key: `wait-${from}`,
    title: titles[kind],
    state: kind === "queued" ? "queued" : "paused",
    spans: [{ kind, from, to }],
    attempts: [],
    from,
    ...(next && { to }),
    ...(resume && { endedBy: resume }),
  };
  const at = next || !waitsFor ? rows.length : rows.findIndex(({ key }) => key === waitsFor.key);
  rows.splice(at < 0 ? rows.length : at, 0, row);
}
