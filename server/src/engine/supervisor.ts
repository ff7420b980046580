import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { isClosed, type RunEvent, type RunView, StagewireError, toStagewireError } from "@stagewire/shared";
import type { Logger } from "pino";
import type { LogFull, RunLog } from "../log/types.js";
import type { ModelDriver } from "../models/types.js";
import type { Pipeline } from "../pipelines/types.js";
import { backoffMs } from "./backoff.js";
import { type Commands, createCommands } from "./commands.js";
import type { Durations } from "./durations.js";
import { foldRun } from "./fold-run.js";
import { inheritedEvents } from "./inherit.js";
import { stalledBody } from "./progress.js";
import { createRunLoop, type RunLoopOptions } from "./run-loop.js";
import { createRunWriter, type RunWriter } from "./run-writer.js";
import type { Slots } from "./slots.js";
import { runComplete, type Terms } from "./step-events.js";
import { runStopwatch } from "./stopwatch.js";

export interface SupervisorOptions
  extends Pick<Terms, "prices">, Pick<RunLoopOptions, "maxAttempts" | "fallbackModels"> {
  readonly log: RunLog;
  readonly model: ModelDriver;
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  readonly slots: Slots;
  readonly durations: Durations;
  /** Told what was appended, once it is committed. */
  readonly committed?: ((events: readonly RunEvent[]) => void) | undefined;
  /** Told of a run that is not closed and that this process keeps no longer, because it stops. */
  readonly released?: ((runId: string, epoch: number) => void) | undefined;
  readonly logger: Logger;
}

/** Keeps every run of this process going until it is closed. */
export interface Supervisor {
  /**
   * Takes a run up where its log stands, unless it is kept here already. Resolves once it is not kept here any more:
   * it is closed, was taken over, or this process stops.
   */
  take(runId: string, options?: TakeOptions): Promise<void>;
  /** `undefined` when this process does not work the run; a promise while it is being taken up. */
  commands(runId: string): Promise<Commands> | undefined;
  /** The committed view of a run that is worked here now; otherwise the log has to be asked. */
  view(runId: string): Promise<RunView | undefined>;
  /** The runs that are worked here now. */
  current(): Iterable<readonly [runId: string, commands: Commands]>;
  /** Begins no further step and takes no further run; resolves when every step that runs has ended, or after `ms`. */
  drain(ms: number): Promise<void>;
  /** Stops all runs without a word and waits for their model connections to close. */
  close(): Promise<void>;
}

export interface TakeOptions {
  /** The epoch that this process was given with the run it has just created. Otherwise the run is claimed. */
  readonly epoch?: number;
  /** Claims the run only while this is its newest epoch. @default whatever its epoch */
  readonly from?: number;
}

/** How often a run that ends by an error of its own is taken up again before it is given up. */
const MAX_HOPELESS_LIVES = 3;
/** A life of so many ms was a good one: what ended it is counted anew. */
const HEALTHY_MS = 60_000;

interface Taken {
  /** Of the run's latest life. */
  commands: Promise<Commands>;
  /** The same, once it is there. */
  current?: Commands;
  done: Promise<void>;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { log, pipelines, logger, ...terms } = options;
  const taken = new Map<string, Taken>();
  const server = new AbortController();
  const draining = new AbortController();
  const drained = new Promise<void>((resolve) => draining.signal.addEventListener("abort", () => resolve()));
  // One listener a run: Node would take more than ten for a leak.
  setMaxListeners(0, server.signal, draining.signal);

  /** One life of a run's loop: fold, then work. */
  const live = async (runId: string, epoch: number, ready: (commands: Commands) => void, hopeless?: StagewireError) => {
    const view = await foldRun(log, runId);
    const writer = createRunWriter(log, view, epoch, options.committed);
    const pipeline = pipelines.get(view.pipeline.id);
    if (!isClosed(view) && hopeless) return abandon(writer, hopeless);
    if (!isClosed(view) && !pipeline) return abandon(writer, pipelineGone(view));
    if (!pipeline) return;
    await inherit(writer, pipeline);
    const loop = createRunLoop({
      ...terms,
      pipeline,
      writer,
      logger,
      signal: server.signal,
      draining: draining.signal,
    });
    ready(createCommands(loop));
    await loop.run();
  };

  /** A fork begins with what it takes from its parent; after a crash in between it is done again. */
  const inherit = async (writer: RunWriter, pipeline: Pipeline) => {
    const { parent, steps } = writer.view;
    if (!parent || steps.length > 0) return;
    const view = await foldRun(log, parent.runId);
    await writer.append(inheritedEvents(pipeline, view, { stage: parent.fromStage, iteration: parent.iteration ?? 0 }));
  };

  /** Ends a run that can't go on, and says why. */
  const abandon = async (writer: RunWriter, { code, message }: StagewireError) => {
    const { view } = writer;
    const { id, title } = view.pipeline;
    await writer.append([
      { type: "error", code, message, retryable: false, fatal: true },
      runComplete({ ...terms, pipeline: { id, title, stages: [] }, elapsedMs: runStopwatch(view) }, view, "failed"),
    ]);
  };

  /** Waits until the log has room again. Watchers are told that and why, as soon as the log can keep it. */
  const sitOut = async (runId: string, claim: () => Promise<number>, { error, over }: LogFull) => {
    const { code, message, retryable } = error;
    const tell = async () => {
      const epoch = await claim();
      const view = await foldRun(log, runId);
      if (isClosed(view)) return;
      const told = { type: "error", code, message, retryable, fatal: false } as const;
      await createRunWriter(log, view, epoch).append([told, stalledBody(view, runStopwatch(view)(), message)], true);
    };
    const early = await tell().then(
      () => true,
      () => false,
    );
    await Promise.race([over, drained]);
    if (!early && !draining.signal.aborted) await tell().catch(() => {});
  };

  /** A store that lost what it had acknowledged may lose a whole run. */
  const isLost = async (runId: string) => {
    try {
      return (await log.head(runId)) === undefined;
    } catch {
      return false;
    }
  };

  const supervise = async (runId: string, { epoch, from }: TakeOptions, ready: (commands: Commands) => void) => {
    /** The newest epoch that this process was given: from the next claim on nobody may have come between. */
    let mine = epoch ?? from;
    const claim = async () => {
      // Alone, nobody can have come between, but an own claim whose answer was lost.
      ({ epoch: mine } = await log.claim(runId, options.released && mine));
      return mine;
    };
    /** Lives that ended early, in a row. */
    let failures = 0;
    /** Of them, those that ended by what the next one will meet again. */
    let hopeless = 0;
    let last: StagewireError | undefined;
    // A run whose log could not be written is taken up again like after a crash: claim, fold, go on.
    for (let known = epoch; !draining.signal.aborted; known = undefined) {
      const began = performance.now();
      try {
        const writeAs = known ?? (await claim());
        await live(runId, writeAs, ready, hopeless >= MAX_HOPELESS_LIVES ? cannotGoOn(last) : undefined);
        return;
      } catch (thrown) {
        if (draining.signal.aborted) break;
        const error = toStagewireError(thrown);
        const full = error.code === "LOG_UNAVAILABLE" ? log.full() : undefined;
        if (full) {
          await sitOut(runId, claim, full);
          continue;
        }
        last = error;
        if (performance.now() - began > HEALTHY_MS) failures = hopeless = 0;
        hopeless = error.code === "INTERNAL" || error.code === "RUN_NOT_FOUND" ? hopeless + 1 : 0;
        if (error.code === "FENCED") {
          logger.info({ runId }, "another server has taken this run over");
          return;
        }
        if (error.code === "RUN_NOT_FOUND" && (await isLost(runId))) {
          logger.error({ runId }, "the run log has lost this run: it ends here");
          return;
        }
        failures++;
        const inMs = hopeless === MAX_HOPELESS_LIVES ? 0 : backoffMs(failures);
        logger.error(
          { runId, err: error.code === "INTERNAL" ? (error.cause ?? error) : error, inMs },
          "run interrupted; going on",
        );
        await delay(inMs, undefined, { signal: draining.signal }).catch(() => {});
      }
    }
    if (mine !== undefined) options.released?.(runId, mine);
  };

  const idle = async () => {
    await Promise.all([...taken.values()].map(({ done }) => done));
  };

  return {
    take(runId, how = {}) {
      const earlier = taken.get(runId);
      if (earlier || draining.signal.aborted) return earlier?.done ?? Promise.resolve();
      let resolve: (commands: Commands) => void = () => {};
      let reject: (error: Error) => void = () => {};
      const first = new Promise<Commands>((...settle) => ([resolve, reject] = settle));
      first.catch(() => {});
      const entry: Taken = { commands: first, done: Promise.resolve() };
      taken.set(runId, entry);
      const ready = (commands: Commands) => {
        resolve(commands);
        entry.commands = Promise.resolve(commands);
        entry.current = commands;
      };
      entry.done = supervise(runId, how, ready).finally(() => {
        taken.delete(runId);
        reject(new StagewireError("LOG_UNAVAILABLE", `Run ${runId} is not worked here at this moment: try again.`));
      });
      return entry.done;
    },
    commands: (runId) => taken.get(runId)?.commands,
    view: async (runId) =>
      taken
        .get(runId)
        ?.current?.committedView()
        .catch(() => undefined),
    *current() {
      for (const [runId, { current }] of taken) if (current) yield [runId, current] as const;
    },
    async drain(ms) {
      draining.abort(shuttingDown());
      const over = new AbortController();
      await Promise.race([idle(), delay(ms, undefined, { signal: over.signal }).catch(() => {})]);
      over.abort();
    },
    async close() {
      draining.abort(shuttingDown());
      server.abort(shuttingDown());
      await idle();
    },
  };
}

function shuttingDown(): StagewireError {
  return new StagewireError("SHUTTING_DOWN", "The server is shutting down; the run goes on when it is back.");
}

/** The pipeline of this run is not configured any more. */
function pipelineGone({ pipeline }: RunView): StagewireError {
  return new StagewireError(
    "PIPELINE_NOT_FOUND",
    `The pipeline "${pipeline.id}" of this run is not configured on this server any more: configure it, then retry the run.`,
  );
}

function cannotGoOn(last: StagewireError | undefined): StagewireError {
  const code = last?.code ?? "INTERNAL";
  const why = code === "INTERNAL" ? "the server's log has the details." : (last?.message ?? "");
  return new StagewireError(code, `This run could not go on, ${MAX_HOPELESS_LIVES} times in a row: ${why}`);
}
