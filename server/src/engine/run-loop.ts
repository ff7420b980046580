import { setTimeout as delay } from "node:timers/promises";
import {
  addModelUsage,
  type EventBody,
  isClosed,
  type RunView,
  StagewireError,
  toStagewireError,
} from "@stagewire/shared";
import type { Logger } from "pino";
import type { ModelDriver } from "../models/types.js";
import type { Pipeline } from "../pipelines/types.js";
import { type Attempt, createAttempt, type Interruption } from "./attempt.js";
import { budgetError, costUsd } from "./cost.js";
import { type Durations, estimate } from "./durations.js";
import { type AttemptRules, chooseAttempt } from "./fallback.js";
import { nextStep, type Step } from "./next-step.js";
import { type Moment, progressBody, stepTitle } from "./progress.js";
import type { RunWriter } from "./run-writer.js";
import type { Slots } from "./slots.js";
import {
  completedEvents,
  failedEvents,
  interruptedEvents,
  runComplete,
  stageStart,
  type Terms,
} from "./step-events.js";
import { runStopwatch, stepStopwatch, stopwatch } from "./stopwatch.js";
import { estimateUsage } from "./usage.js";

/** How often a living run says how it is doing, in ms: well under the 2 s that the protocol promises. */
const PROGRESS_MS = 1_000;
/** How long a stopped loop waits for its model call to end, in ms: a driver that ignores its signal must not hold up a shutdown. */
const ABORT_GRACE_MS = 5_000;

export interface RunLoopOptions extends Omit<Terms, "elapsedMs"> {
  readonly writer: RunWriter;
  readonly model: ModelDriver;
  readonly slots: Slots;
  readonly durations: Durations;
  /** How often each model is tried in one step. */
  readonly maxAttempts: number;
  /** Models that a step goes on with, in this order, where its own fails for good. */
  readonly fallbackModels?: readonly string[];
  readonly logger: Logger;
  /** Aborted when the server stops: the loop ends without a word, and recovery goes on later. */
  readonly signal: AbortSignal;
  /** Aborted some time before: a step that runs may end, and no other begins. */
  readonly draining: AbortSignal;
}

/** Works one run, from wherever its log stands to its end. */
export interface RunLoop {
  readonly view: RunView;
  readonly pipeline: Pipeline;
  /** Resolves when the run is closed; rejects, its model call ended, when the log can't be appended to or with the server's reason to stop. */
  run(): Promise<void>;
  /** Resolves once everything that {@link view} shows is committed; rejects when it can't be. */
  committed(): Promise<void>;
  /** Appends a command that ends no step, and lets a waiting loop look again. */
  note(control: EventBody): Promise<void>;
  /** Ends the step that runs, if any, for a command. Resolves once all of it is committed, the model's connection closed before. */
  interrupt(interruption: Interruption): Promise<void>;
}

export function createRunLoop(options: RunLoopOptions): RunLoop {
  const { pipeline, prices, writer, model, slots, durations, logger, draining } = options;
  const { maxAttempts, fallbackModels = [] } = options;
  const { runId } = writer.view;
  const terms: Terms = { pipeline, prices, elapsedMs: runStopwatch(writer.view) };
  let stepMs = stepStopwatch(writer.view);
  /** Aborted with the server, and when an append fails: from then on this loop must not write. */
  const life = new AbortController();
  let attempt: Attempt | undefined;
  /** By `performance.now()`. */
  let retryAt: number | undefined;
  let wake: () => void = () => {};
  let latest: Promise<void> = Promise.resolve();
  let stepping: Promise<void> = Promise.resolve();

  const append = async (bodies: readonly EventBody[]) => {
    life.signal.throwIfAborted();
    try {
      latest = writer.append(bodies);
      await latest;
    } catch (error) {
      life.abort(error);
      throw error;
    }
  };
  /** For appends that nobody waits for; a failure ends the loop all the same. */
  const note = (bodies: readonly EventBody[]) => void append(bodies).catch(() => {});

  const modelOf = (stage: string) => {
    const { models = {} } = writer.view.options;
    return (Object.hasOwn(models, stage) ? models[stage] : undefined) ?? model.info.name;
  };
  const rulesOf = (stage: string): AttemptRules => ({ models: [modelOf(stage), ...fallbackModels], maxAttempts });
  const phase = (): Moment["phase"] => {
    if (slots.position(runId) !== undefined) return "queued";
    if (retryAt !== undefined) return "retrying";
    if (attempt) return attempt.stream.firstAt === undefined ? "waiting" : "streaming";
    return nextStep(pipeline, writer.view).type === "wait" ? "paused" : "waiting";
  };
  const tell = () => {
    const { view } = writer;
    if (isClosed(view) || life.signal.aborted) return;
    const next = nextStep(pipeline, view);
    const cost = costUsd(used(), prices);
    const body = progressBody(view, {
      phase: phase(),
      estimate: estimate(pipeline, view, durations, modelOf, attempt?.elapsedMs() ?? 0),
      elapsedMs: terms.elapsedMs(),
      stageElapsedMs: stepMs(),
      attemptElapsedMs: attempt?.elapsedMs() ?? 0,
      stream: attempt?.stream,
      firstTokenMs: attempt?.firstTokenMs(),
      queuePosition: slots.position(runId),
      retryInMs: retryAt === undefined ? undefined : retryAt - performance.now(),
      costUsd: cost,
      waitingFor: next.type === "wait" ? stepTitle(view, next.stage, next.iteration) : undefined,
    });
    note([body]);
  };
  const tick = () => {
    if (performance.now() - writer.toldAt >= PROGRESS_MS * 0.9) tell();
    keepBudget();
  };
  /** What was used so far, the running call by an estimate. */
  const used = () => {
    const { usageByModel, steps } = writer.view;
    const step = steps.at(-1);
    if (!attempt || step?.status !== "running") return usageByModel;
    const running = estimateUsage(attempt.messages, step.output.length, step.reasoning.length);
    return addModelUsage(usageByModel, step.model, running);
  };
  const keepBudget = () => {
    const error = attempt && budgetError(writer.view.options, used(), prices);
    if (error) attempt?.fail(error);
  };

  const begin = async (running: Attempt) => {
    if (running.step.cause === "retry" && retryAt !== undefined) {
      // An interruption or the server's stop ends the wait early; `call` sees it.
      await delay(Math.max(0, retryAt - performance.now()), undefined, { signal: running.signal }).catch(() => {});
    }
    retryAt = undefined;
    if (running.signal.aborted) return;
    running.prepare();
    const committed = append([stageStart(writer.view, running)]);
    tell();
    keepBudget();
    await committed;
  };

  const runStep = async (next: Step) => {
    const rules = rulesOf(next.stage);
    const { model: modelName, cause } = chooseAttempt(writer.view, next, rules);
    const step: Step = { ...next, cause };
    const running = createAttempt({
      step,
      view: () => writer.view,
      pipeline,
      model,
      modelName,
      signal: life.signal,
      emit: note,
    });
    attempt = running;
    if (next.attempt === 1) stepMs = stopwatch(0);
    try {
      await begin(running);
      const answer = await running.call();
      // From here to the append of the step's end nothing waits, so that no command can come in between.
      attempt = undefined;
      life.signal.throwIfAborted();
      note(running.stream.drain());
      let committed: Promise<void>;
      if (running.interruption) {
        committed = append(interruptedEvents(terms, writer.view, running.interruption, running));
        running.settle(committed);
      } else if (answer.ok && answer.result.finish !== "content_filter") {
        committed = append(completedEvents(terms, writer.view, running, answer.result));
        durations.learn(pipeline.id, writer.view.steps.slice(-1));
      } else {
        const error = toStagewireError(answer.ok ? contentFiltered() : answer.error);
        // Its text stays inside, so this is the only place that tells it.
        if (error.code === "INTERNAL")
          logger.error({ runId, stage: step.stage, err: error.cause ?? error }, "a step failed");
        const { events, retryInMs } = failedEvents(terms, writer.view, running, error, rules);
        // 0: another model is asked at once, and there is no wait to tell of.
        if (retryInMs) retryAt = performance.now() + retryInMs;
        committed = append(events);
        if (retryInMs) tell();
      }
      await committed;
    } finally {
      attempt = undefined;
      running.dispose();
    }
  };

  /** Works until the run is closed or waits for somebody. */
  const work = async () => {
    for (;;) {
      life.signal.throwIfAborted();
      const next = nextStep(pipeline, writer.view);
      if (next.type === "wait") return;
      if (next.type === "done") {
        if (!next.closed) await append([runComplete(terms, writer.view, next.outcome)]);
        return;
      }
      draining.throwIfAborted();
      stepping = runStep(next);
      await stepping;
    }
  };

  const loop = async () => {
    while (!isClosed(writer.view)) {
      // A place that is left ends its wait: this life must not stand in line again for whoever goes on with the run.
      life.signal.throwIfAborted();
      if (nextStep(pipeline, writer.view).type === "wait") {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        slots.pass(runId);
        tell();
        await woken;
      } else {
        await slots.take(runId, writer.view.options.priority ?? "normal", work, tell);
      }
    }
  };

  return {
    pipeline,
    get view() {
      return writer.view;
    },
    async run() {
      // Twice as often: an event in between moves the next sign of life by one tick at most.
      const ticker = setInterval(tick, PROGRESS_MS / 2);
      const { signal } = options;
      const stop = () => life.abort(signal.reason);
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      const drain = () => {
        // Only a call that is on its way is worth waiting for.
        if (!attempt || retryAt !== undefined) life.abort(draining.reason);
      };
      if (draining.aborted) drain();
      draining.addEventListener("abort", drain, { once: true });
      const ended = new Promise<never>((_, reject) => {
        const end = () => reject(life.signal.reason as Error);
        if (life.signal.aborted) end();
        else life.signal.addEventListener("abort", end, { once: true });
      });
      try {
        await Promise.race([ended, loop()]);
      } catch (error) {
        // Whoever still holds this loop must not write either: the next life begins from the log.
        life.abort(
          new StagewireError("LOG_UNAVAILABLE", `Run ${runId} is being taken up again: try again in a moment.`, {
            cause: error,
          }),
        );
        throw error;
      } finally {
        clearInterval(ticker);
        signal.removeEventListener("abort", stop);
        draining.removeEventListener("abort", drain);
        slots.leave(runId, isClosed(writer.view));
        // Else the next life, or the driver's end, would meet a model call of this one.
        if (life.signal.aborted) {
          await Promise.race([stepping.catch(() => {}), delay(ABORT_GRACE_MS, undefined, { ref: false })]);
        }
      }
    },
    async committed() {
      life.signal.throwIfAborted();
      await latest;
    },
    async note(control) {
      await append([control]);
      wake();
    },
    async interrupt(interruption) {
      if (attempt) return attempt.interrupt(interruption);
      await append(interruptedEvents(terms, writer.view, interruption));
      if (isClosed(writer.view)) slots.leave(runId, true);
      wake();
    },
  };
}

function contentFiltered(): StagewireError {
  return new StagewireError(
    "MODEL_CONTENT_FILTERED",
    "The model's server stopped this answer by its content filter: rephrase the task, or choose another model.",
  );
}
