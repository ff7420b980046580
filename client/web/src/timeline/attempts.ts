import { type RunEvent, type RunView, type StageCompleteEvent, type StepView, stepKey } from "@stagewire/shared";

/** One model call of a step, as far as the log tells. Times in Unix ms. */
export interface AttemptTimes {
  readonly attempt: number;
  readonly model: string;
  readonly startedAt: number;
  /** Missing while it runs, and where the server stopped in the middle of it. */
  readonly endedAt?: number;
  /** Missing where no token came, or nobody saw when. */
  readonly firstTokenAt?: number;
  /** What became of it; `lost` with a server that stopped. */
  readonly outcome: "running" | "failed" | "lost" | StepView["status"];
  /** What went wrong. */
  readonly error?: string;
  /** When the next attempt was to begin, and began or would have. */
  readonly retryAt?: number;
}

/** The attempts of every step, by `stepKey`, from the events up to the view's own. Pure. */
export function attemptsOf(view: RunView, events: readonly RunEvent[]): ReadonlyMap<string, readonly AttemptTimes[]> {
  const steps = new Map<string, AttemptTimes[]>();
  const change = (at: { stage: string; iteration: number; attempt: number }, more: Partial<AttemptTimes>): void => {
    const attempts = steps.get(stepKey(at.stage, at.iteration));
    const index = attempts?.findIndex(({ attempt }) => attempt === at.attempt) ?? -1;
    const known = attempts?.[index];
    if (attempts && known) attempts[index] = { ...known, ...more };
  };
  for (const event of events) {
    if (event.seq > view.seq) {
      // In a replay: the log tells when a call that still ran began to write only once it has ended.
      if (event.type === "stage_complete") change(event, firstTokenOf(event, steps));
      continue;
    }
    switch (event.type) {
      case "stage_start": {
        const key = stepKey(event.stage, event.iteration);
        const before = steps.get(key) ?? [];
        const last = before.at(-1);
        if (last?.outcome === "running") change({ ...event, attempt: last.attempt }, { outcome: "lost" });
        const begun: AttemptTimes = {
          attempt: event.attempt,
          model: event.model,
          startedAt: event.at,
          outcome: "running",
        };
        steps.set(key, [...(steps.get(key) ?? []), begun]);
        break;
      }
      case "token": {
        const attempts = steps.get(stepKey(event.stage, event.iteration));
        const known = attempts?.at(-1);
        // Where tokens were merged, the event has the last one's moment.
        const single = event.from === undefined || event.from === event.seq;
        if (single && event.offset === 0 && known && known.firstTokenAt === undefined) {
          change(event, { firstTokenAt: event.at });
        }
        break;
      }
      case "error":
        if (event.stage === undefined || event.attempt === undefined) break;
        if (event.retryInMs === undefined && !event.fatal) break;
        change(
          { stage: event.stage, iteration: event.iteration ?? 0, attempt: event.attempt },
          {
            endedAt: event.at,
            outcome: "failed",
            error: event.message,
            ...(event.retryInMs !== undefined && { retryAt: event.at + event.retryInMs }),
          },
        );
        break;
      case "stage_complete": {
        const known = steps.get(stepKey(event.stage, event.iteration))?.at(-1);
        const ended = known?.outcome === "failed" ? {} : { endedAt: event.at, outcome: event.outcome };
        change(event, { ...ended, ...firstTokenOf(event, steps) });
        break;
      }
      default:
    }
  }
  return withLiveFirstToken(view, steps);
}

function firstTokenOf(
  { stage, iteration, firstTokenMs }: StageCompleteEvent,
  steps: ReadonlyMap<string, readonly AttemptTimes[]>,
): Partial<AttemptTimes> {
  const last = steps.get(stepKey(stage, iteration))?.at(-1);
  return last && firstTokenMs !== undefined ? { firstTokenAt: last.startedAt + firstTokenMs } : {};
}

/** Of the call that streams, the run's latest sign of life tells when it began to. */
function withLiveFirstToken(view: RunView, steps: Map<string, AttemptTimes[]>): Map<string, AttemptTimes[]> {
  const { stage, iteration, firstTokenMs, phase } = view.progress ?? {};
  if (stage === undefined || firstTokenMs === undefined || phase !== "streaming") return steps;
  const attempts = steps.get(stepKey(stage, iteration ?? 0));
  const last = attempts?.at(-1);
  if (attempts && last?.outcome === "running" && last.firstTokenAt === undefined) {
    attempts[attempts.length - 1] = { ...last, firstTokenAt: last.startedAt + firstTokenMs };
  }
  return steps;
}
