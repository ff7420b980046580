import { activeStep, type EventBody, type RunView } from "@stagewire/shared";
import type { Coalescer } from "./coalescer.js";
import type { Estimate } from "./durations.js";

type ProgressBody = Extract<EventBody, { type: "progress" }>;

/** What the loop knows beyond the log at this moment. */
export interface Moment {
  readonly phase: ProgressBody["phase"];
  readonly estimate: Estimate;
  /** Since `run_start`. All durations are measured, not taken from the clock: that one may be set at any time. */
  readonly elapsedMs: number;
  /** Since the running step began. */
  readonly stageElapsedMs: number;
  /** Since its latest attempt began. */
  readonly attemptElapsedMs: number;
  /** The text of the running model call. */
  readonly stream?: Coalescer | undefined;
  readonly firstTokenMs?: number | undefined;
  readonly queuePosition?: number | undefined;
  /** Until the next attempt, while retrying. */
  readonly retryInMs?: number | undefined;
  /** Missing where a model has no price. */
  readonly costUsd?: number | undefined;
  /** What the pause waits for. */
  readonly waitingFor?: string | undefined;
}

/** Says in one event how a run is doing. Pure. */
export function progressBody(view: RunView, moment: Moment): ProgressBody {
  const { phase, stream, queuePosition, elapsedMs, stageElapsedMs } = moment;
  const step = activeStep(view);
  const rate = stream && tokensPerSecond(stream);
  return {
    type: "progress",
    phase,
    ...(step && { stage: step.stage, iteration: step.iteration, stageElapsedMs }),
    elapsedMs,
    ...(stream && { tokens: stream.tokens }),
    ...(rate !== undefined && { tokensPerSecond: rate }),
    ...(moment.firstTokenMs !== undefined && { firstTokenMs: moment.firstTokenMs }),
    fraction: moment.estimate.fraction,
    ...(moment.estimate.etaMs !== undefined && { etaMs: moment.estimate.etaMs }),
    ...(queuePosition !== undefined && { queuePosition }),
    ...(moment.costUsd !== undefined && { costUsd: moment.costUsd }),
    message: describe(view, moment),
  };
}

/** Pieces a second since the first one; unknown in the first half second, where it would only flicker. */
function tokensPerSecond({ firstAt, tokens }: Coalescer): number | undefined {
  const elapsedMs = firstAt === undefined ? 0 : performance.now() - firstAt;
  return elapsedMs < 500 ? undefined : Math.round((tokens * 10_000) / elapsedMs) / 10;
}

function describe(
  view: RunView,
  { phase, attemptElapsedMs, queuePosition, retryInMs = 0, waitingFor }: Moment,
): string {
  const step = activeStep(view);
  const what = step ? stepTitle(view, step.stage, step.iteration) : "the next step";
  switch (phase) {
    case "queued":
      return queuePosition === undefined ? "Waiting for a free place" : `Queued: number ${queuePosition} in line`;
    case "waiting":
      return step && attemptElapsedMs >= 1_000
        ? `${what}: waiting for the first token for ${Math.round(attemptElapsedMs / 1_000)} s`
        : `${what}: waiting for the first token`;
    case "streaming":
      return `${what}: the model is writing`;
    case "retrying":
      return `${what}: next attempt in ${Math.max(0, Math.ceil(retryInMs / 1_000))} s`;
    case "paused":
      return waitingFor === undefined ? "Paused: resume to go on" : `Paused before ${waitingFor}: resume to go on`;
  }
}

/** Says that a run waits for the server and not for anybody's command, and why. Pure. */
export function stalledBody(view: RunView, elapsedMs: number, message: string): ProgressBody {
  const step = activeStep(view);
  const fraction = view.progress?.fraction;
  return {
    type: "progress",
    phase: "paused",
    ...(step && { stage: step.stage, iteration: step.iteration }),
    elapsedMs,
    ...(fraction !== undefined && { fraction }),
    message,
  };
}

/** A step's name for people. */
export function stepTitle(view: RunView, stage: string, iteration: number): string {
  const title = view.pipeline.stages.find(({ id }) => id === stage)?.title ?? stage;
  return iteration === 0 ? title : `${title} ${iteration}`;
}
