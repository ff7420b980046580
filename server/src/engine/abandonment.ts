import { isClosed } from "@stagewire/shared";
import type { Logger } from "pino";
import type { RunLog } from "../log/types.js";
import type { Tails } from "../log/tail.js";
import type { Commands } from "./commands.js";
import type { Supervisor } from "./supervisor.js";

export interface AbandonmentOptions {
  readonly log: Pick<RunLog, "full">;
  readonly supervisor: Supervisor;
  readonly tails: Tails;
  /** Ms without a watcher after which a run with `onAbandoned: "cancel"` is cancelled. */
  readonly abandonedAfterMs: number;
  /** Ms since a run was known to be watched by way of another engine. */
  readonly lastWatched?: ((runId: string) => Promise<number | undefined>) | undefined;
  readonly logger: Logger;
}

/** Who steers, as the `control` event tells it. */
const BY = "stagewire";

/**
 * Cancels runs that asked for it once nobody has watched them for a while. A run that was never watched counts from
 * when this process took it up. Returns the function that stops it.
 */
export function watchAbandonment(options: AbandonmentOptions): () => void {
  const { log, supervisor, tails, abandonedAfterMs, logger, lastWatched = nowhere } = options;
  /** By `performance.now()`, since when nobody watches. */
  const alone = new Map<string, number>();
  const look = () => {
    // Meanwhile nobody can be told of watchers elsewhere: that time does not count.
    if (log.full()) return alone.clear();
    const now = performance.now();
    const worked = new Set<string>();
    for (const [runId, commands] of supervisor.current()) {
      const { view } = commands;
      if (view.options.onAbandoned !== "cancel" || isClosed(view)) continue;
      worked.add(runId);
      const since = alone.get(runId);
      if (tails.isWatched(runId)) alone.delete(runId);
      else if (since === undefined) alone.set(runId, now);
      else if (now - since >= abandonedAfterMs) {
        cancel(runId, commands).catch((error: unknown) => {
          logger.warn({ runId, err: error }, "could not cancel an abandoned run yet");
        });
      }
    }
    for (const runId of alone.keys()) if (!worked.has(runId)) alone.delete(runId);
  };
  const cancel = async (runId: string, commands: Commands) => {
    const elsewhereMs = await lastWatched(runId);
    if (elsewhereMs !== undefined && elsewhereMs < abandonedAfterMs) {
      alone.set(runId, performance.now() - elsewhereMs);
      return;
    }
    const reason = `nobody watched for ${Math.round(abandonedAfterMs / 1_000)} s`;
    const command = { type: "cancel", when: "now", reason } as const;
    // The same id at the next look: it acts once.
    await commands.handle({ runId, commandId: `abandoned-${runId}`, command }, BY);
  };
  const timer = setInterval(look, Math.min(5_000, Math.max(50, abandonedAfterMs / 4)));
  timer.unref();
  return () => clearInterval(timer);
}

function nowhere(): Promise<undefined> {
  return Promise.resolve(undefined);
}
