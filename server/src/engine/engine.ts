import {
  type Ack,
  type CommandEnvelope,
  isClosed,
  type ListInput,
  type ListResult,
  type PromptInput,
  type RunStartEvent,
  type RunView,
  reduce,
  type ServerUsage,
  type StartInput,
  StagewireError,
  type StartResult,
  type StepPrompt,
} from "@stagewire/shared";
import { customAlphabet } from "nanoid";
import type { Logger } from "pino";
import { createTails } from "../log/tail.js";
import type { LogFull, RunLog } from "../log/types.js";
import type { ModelDriver } from "../models/types.js";
import { pipelineInfo } from "../pipelines/pipeline-info.js";
import type { Pipeline } from "../pipelines/types.js";
import { watchAbandonment } from "./abandonment.js";
import { checkStart, type StartLimits } from "./check-start.js";
import { earlierAck, runClosed } from "./commands.js";
import { Durations } from "./durations.js";
import { feed, feedCursor, type FeedFrame, type FeedOptions } from "./feed.js";
import { foldRun } from "./fold-run.js";
import { createHookCaller, type RunHooks } from "./hooks.js";
import { checkParent } from "./inherit.js";
import { promptOfStep } from "./prompt.js";
import { createRetention, type RetentionLimits } from "./retention.js";
import type { Cluster } from "./cluster.js";
import { createSlots } from "./slots.js";
import { summarize } from "./summarize.js";
import { sendCommand } from "./send-command.js";
import { createSupervisor } from "./supervisor.js";
import { type Frame, watch, type WatchOptions } from "./watch.js";

/** How many finished runs are looked at for usual durations when the engine starts. */
const LEARN_FROM = 20;

/** Every setting of an engine. The package's `createEngine` asks for `log` and `model` and knows a default for each other. */
export interface EngineOptions extends StartLimits, RetentionLimits {
  readonly log: RunLog;
  readonly model: ModelDriver;
  /** The first one is used where a run names none. */
  readonly pipelines: readonly Pipeline[];
  readonly maxConcurrentRuns: number;
  /** How often each model is tried in one step. */
  readonly maxAttempts: number;
  /** Ms without a watcher after which a run with `onAbandoned: "cancel"` is cancelled. */
  readonly abandonedAfterMs: number;
  readonly hooks?: RunHooks | undefined;
  readonly logger: Logger;
}

/** An engine that is not alone on its log. */
interface SharedEngineOptions extends EngineOptions {
  /** The other engines. It is the caller's, who closes it after the engine. @default the engine is alone */
  readonly cluster?: Cluster | undefined;
}

/** Runs pipelines. Knows no transport. Every method rejects with a `StagewireError`. */
export interface Engine extends AsyncDisposable {
  readonly pipelines: readonly Pipeline[];
  start(input: StartInput): Promise<StartResult>;
  /** `by` names who steers. */
  control(envelope: CommandEnvelope, by: string): Promise<Ack>;
  get(runId: string): Promise<RunView>;
  list(input: ListInput): Promise<ListResult>;
  /** What the model was asked in a step; see {@link promptOfStep}. */
  prompt(input: PromptInput): Promise<StepPrompt>;
  /** What the run log takes, and what retention will delete of it. */
  usage(): Promise<ServerUsage>;
  watch(options: WatchOptions): AsyncIterableIterator<Frame>;
  feed(options: FeedOptions): AsyncIterableIterator<FeedFrame>;
  /** True from the first sign of a shutdown: no more runs are taken. */
  readonly stopping: boolean;
  /** Takes no more runs and begins no more steps; resolves when the steps that run have ended, or after `ms`. */
  drain(ms: number): Promise<void>;
  /** Stops all work, so that the next engine on this log goes on with it. Twice is fine. The log stays open. */
  close(): Promise<void>;
}

const LETTERS = "abcdefghijkmnpqrstuvwxyz";
const firstLetter = customAlphabet(LETTERS, 1);
const otherCharacters = customAlphabet(`0123456789${LETTERS}`, 11);
/** Begins with a letter: BullMQ takes no id that is a number. */
const newRunId = () => firstLetter() + otherCharacters();

/** Starts an engine, and with it every run of the log that is not closed and that nobody else of its cluster keeps. */
export async function createEngine(options: SharedEngineOptions): Promise<Engine> {
  const { log, logger, cluster } = options;
  const pipelines = new Map(options.pipelines.map((pipeline) => [pipeline.id, pipeline]));
  const tails = createTails(log);
  const durations = new Durations();
  const slots = cluster?.slots ?? createSlots(options.maxConcurrentRuns);
  const committed = options.hooks && createHookCaller(options.hooks, logger);
  const released = cluster && ((runId: string, epoch: number) => cluster.release(runId, epoch));
  const supervisor = createSupervisor({ ...options, pipelines, slots, durations, committed, released });
  const lastWatched = cluster && ((runId: string) => cluster.lastWatched(runId));
  const stopAbandonment = watchAbandonment({ ...options, supervisor, tails, lastWatched });
  let stopping = false;
  let closing: Promise<void> | undefined;

  const takeOpenRuns = async () => {
    // In a cluster whoever finds a silent run takes it.
    if (!cluster) for (const runId of await log.openRuns()) void supervisor.take(runId);
  };
  await takeOpenRuns();
  const retention = createRetention({
    ...options,
    worked: (runId) => supervisor.commands(runId) !== undefined,
    leads: cluster && (() => cluster.leads),
  });
  if (cluster) {
    cluster.whileLeading(() => {
      retention.begin();
      return { [Symbol.asyncDispose]: () => Promise.resolve() };
    });
    cluster.join({
      take: (runId, from) => supervisor.take(runId, from === undefined ? {} : { from }),
      knows: async (runId) => pipelines.has((await log.summary(runId))?.pipeline ?? ""),
      commands: (runId) => supervisor.commands(runId),
      watched: () => tails.watched(),
    });
  } else retention.begin();
  // Not waited for: until it is done, runs have no ETA or a rougher one.
  const learned = learnDurations(log, durations).catch((error: unknown) => {
    logger.warn({ err: error }, "could not read the durations of earlier runs");
  });

  const pipelineFor = (id: string | undefined): Pipeline => {
    const pipeline = id === undefined ? options.pipelines[0] : pipelines.get(id);
    if (pipeline) return pipeline;
    const known = [...pipelines.keys()].join(", ");
    throw new StagewireError("PIPELINE_NOT_FOUND", `There is no pipeline ${JSON.stringify(id)}; there are: ${known}.`);
  };

  const engine: Engine = {
    pipelines: options.pipelines,
    async start(input) {
      if (stopping)
        throw new StagewireError("SHUTTING_DOWN", "The server is shutting down: start the run again in a moment.");
      const pipeline = pipelineFor(input.pipeline);
      checkStart(input, pipeline, options.model.info.name, options);
      const start: RunStartEvent = {
        type: "run_start",
        runId: newRunId(),
        seq: 1,
        at: Date.now(),
        task: input.task,
        pipeline: pipelineInfo(pipeline),
        options: input.options ?? {},
        ...(input.parent && { parent: input.parent }),
      };
      if (input.parent) checkParent(pipeline, await foldRun(log, input.parent.runId), start);
      const creating = log.create({
        start,
        summary: summarize(reduce(undefined, start)),
        ...(input.idempotencyKey !== undefined && { idempotencyKey: input.idempotencyKey }),
      });
      const { runId, created, epoch } = await creating.catch((error: unknown) => {
        // A store that was lost before it answered may have created the run all the same.
        void log
          .full()
          ?.over.then(() => (stopping ? undefined : takeOpenRuns()))
          .catch((failure: unknown) => {
            logger.warn({ err: failure }, "could not look for runs that nobody works; it is done at the next start");
          });
        throw error;
      });
      if (created) void supervisor.take(runId, { epoch });
      return { runId, created };
    },
    async control(envelope, by) {
      const { runId, commandId } = envelope;
      // While nothing can be stored, the log alone answers: with what it has.
      const worked = log.full() ? undefined : supervisor.commands(runId);
      if (worked) {
        try {
          return await (await worked).handle(envelope, by);
        } catch (error) {
          const told = forClient(error, log.full());
          // It was taken over meanwhile: what came of the command is asked there.
          if (!cluster || log.full() || !(told instanceof StagewireError && told.retryable)) throw told;
        }
      }
      const view = await foldRun(log, runId);
      const earlier = earlierAck(view.controls, commandId);
      if (earlier) return earlier;
      if (isClosed(view)) return runClosed(commandId);
      const full = log.full();
      if (full) throw full.error;
      if (!cluster) throw notWorked(runId);
      return await sendCommand(cluster, log, envelope, by);
    },
    async get(runId) {
      const view = await supervisor.view(runId);
      // One that was kept here may have been taken over, and written on, without this engine having heard of it.
      if (view && (!cluster || (await log.head(runId))?.seq === view.seq)) return view;
      return await foldRun(log, runId);
    },
    async list(input) {
      const cursor = await feedCursor(log);
      return { ...(await log.list(input)), feedCursor: cursor };
    },
    async prompt({ runId, stage, iteration = 0 }) {
      const view = await engine.get(runId);
      return promptOfStep(pipelineFor(view.pipeline.id), view, { stage, iteration });
    },
    usage: () => retention.usage(),
    watch: (watchOptions) => watch(log, tails, watchOptions),
    feed: (feedOptions) => feed(log, feedOptions),
    get stopping() {
      return stopping;
    },
    drain(ms) {
      stopping = true;
      cluster?.drain();
      return supervisor.drain(ms);
    },
    close() {
      stopping = true;
      cluster?.drain();
      stopAbandonment();
      closing ??= Promise.all([supervisor.close(), retention.close(), learned]).then(() => {});
      return closing;
    },
    [Symbol.asyncDispose]: () => engine.close(),
  };
  return engine;
}

function notWorked(runId: string): StagewireError {
  return new StagewireError("LOG_UNAVAILABLE", `Run ${runId} is not worked here at this moment: try again.`);
}

/** What a client is told of a command that failed. */
function forClient(error: unknown, full: LogFull | undefined): unknown {
  if (!(error instanceof StagewireError)) return error;
  // Whatever it met on its way, this is why.
  if (full && error.retryable) return full.error;
  if (error.code !== "FENCED") return error;
  // Asked again, it reaches the server that works the run.
  return new StagewireError("LOG_UNAVAILABLE", "The run was taken over by another server: try again.", {
    cause: error,
  });
}

async function learnDurations(log: RunLog, durations: Durations): Promise<void> {
  const { runs } = await log.list({ status: "completed", limit: LEARN_FROM });
  // Oldest first: the newest measurements count as the latest.
  for (const { runId } of runs.toReversed()) {
    const view = await foldRun(log, runId);
    durations.learn(view.pipeline.id, view.steps);
  }
}
