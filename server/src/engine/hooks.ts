import type {
  ErrorEvent,
  ProgressEvent,
  RunCompleteEvent,
  RunEvent,
  StageCompleteEvent,
  StageStartEvent,
  TokenEvent,
} from "@stagewire/shared";
import type { Logger } from "pino";

type Hook<E extends RunEvent> = (event: E) => unknown;

/**
 * What an embedder is told of the runs that this process works, each event once it is in the log, in its order.
 * A hook gets an event of its own and is not waited for. One that throws, or whose promise rejects, is logged, and
 * harms neither the run nor the other hooks. It is told of what happens now: whoever must not miss anything, also over
 * a crash of this process, watches the run by cursor instead.
 */
export interface RunHooks {
  readonly onStageStart?: Hook<StageStartEvent>;
  readonly onToken?: Hook<TokenEvent>;
  readonly onStageComplete?: Hook<StageCompleteEvent>;
  readonly onProgress?: Hook<ProgressEvent>;
  /** Also of errors that are not fatal: of each retry, for one. */
  readonly onError?: Hook<ErrorEvent>;
  readonly onRunComplete?: Hook<RunCompleteEvent>;
}

const HOOKS = {
  stage_start: "onStageStart",
  token: "onToken",
  stage_complete: "onStageComplete",
  progress: "onProgress",
  error: "onError",
  run_complete: "onRunComplete",
} as const satisfies Partial<Record<RunEvent["type"], keyof RunHooks>>;

/** Returns what is to be called with events once they are committed. */
export function createHookCaller(hooks: RunHooks, logger: Logger): (events: readonly RunEvent[]) => void {
  const call = async (name: keyof RunHooks, event: RunEvent) => {
    try {
      // A copy: the event itself is shared with every watcher.
      await (hooks as Record<typeof name, Hook<RunEvent>>)[name](structuredClone(event));
    } catch (error) {
      logger.error({ err: error, hook: name, runId: event.runId, seq: event.seq }, "a hook failed");
    }
  };
  return (events) => {
    for (const event of events) {
      const name = event.type in HOOKS ? HOOKS[event.type as keyof typeof HOOKS] : undefined;
      if (name && hooks[name]) void call(name, event);
    }
  };
}
