import {
  type Ack,
  type Command,
  isClosed,
  type PromptInput,
  reduce,
  type RunEvent,
  type RunView,
  StagewireError,
  type StartInput,
  type StepPrompt,
} from "@stagewire/shared";
import { type Place, retryPlace } from "./retry-place.js";
import type { CallOptions, CommandOptions, RetryOptions, Run, StartedRun, WatchOptions } from "./types.js";

/** What a handle needs from its client. */
export interface RunCalls {
  get(runId: string, options?: CallOptions): Promise<RunView>;
  watch(runId: string, options?: WatchOptions): AsyncIterable<RunEvent>;
  prompt(input: PromptInput, options?: CallOptions): Promise<StepPrompt>;
  control(runId: string, command: Command, options?: CommandOptions): Promise<Ack>;
  start(input: StartInput, options?: CallOptions): Promise<StartedRun>;
}

/** A handle on one run; every method is a call of the client with the run's id filled in. */
export function createRun(runId: string, calls: RunCalls): Run {
  const control = (command: Command, options?: CommandOptions) => calls.control(runId, command, options);
  return {
    runId,
    get: (options) => calls.get(runId, options),
    watch: (options) => calls.watch(runId, options),
    finished: (options) => finished(runId, calls, options),
    prompt: (stage, { iteration = 0, ...options } = {}) => calls.prompt({ runId, stage, iteration }, options),
    control,
    cancel: ({ when = "now", reason, ...options } = {}) =>
      control({ type: "cancel", when, ...(reason !== undefined && { reason }) }, options),
    skip: ({ target = "iteration", when = "now", ...options } = {}) => control({ type: "skip", target, when }, options),
    pause: (options) => control({ type: "pause" }, options),
    resume: (options) => control({ type: "resume" }, options),
    guide: (text, options) => control({ type: "guide", text }, options),
    async fork({ fromStage, iteration = 0, ...options }) {
      const view = await calls.get(runId, callOptions(options));
      return startFrom(view, { stage: fromStage, iteration }, calls, options);
    },
    async retry(options = {}) {
      const view = await calls.get(runId, callOptions(options));
      const place = isClosed(view) ? retryPlace(view) : undefined;
      if (place) return startFrom(view, place, calls, options);
      throw new StagewireError(
        "INVALID_INPUT",
        `run ${runId} has not ended, so there is nothing to retry: cancel it first, or fork it`,
      );
    },
  };
}

/** Without tokens: `stage_complete` carries every stage's text, so the view at the end is the same. */
async function finished(runId: string, calls: RunCalls, { signal }: CallOptions = {}): Promise<RunView> {
  let view: RunView | undefined;
  for await (const event of calls.watch(runId, { detail: "stages", ...(signal && { signal }) })) {
    view = reduce(view, event);
    if (event.type === "run_complete") return view;
  }
  signal?.throwIfAborted();
  throw new StagewireError("SERVER_UNREACHABLE", `the client was closed before run ${runId} ended; the run goes on`);
}

function startFrom(
  { runId, task, pipeline, options }: RunView,
  { stage, iteration }: Place,
  calls: RunCalls,
  changes: RetryOptions,
): Promise<StartedRun> {
  const input: StartInput = {
    task: changes.task ?? task,
    pipeline: pipeline.id,
    options: { ...options, ...changes.options },
    parent: { runId, fromStage: stage, ...(iteration > 0 && { iteration }) },
    ...(changes.idempotencyKey !== undefined && { idempotencyKey: changes.idempotencyKey }),
  };
  return calls.start(input, callOptions(changes));
}

function callOptions({ signal }: CallOptions): CallOptions {
  return signal ? { signal } : {};
}
