import { setTimeout as delay } from "node:timers/promises";
import { type Ack, type CommandEnvelope, isClosed, type RunEvent, StagewireError } from "@stagewire/shared";
import type { LogEntry, RunLog } from "../log/types.js";
import type { Cluster } from "./cluster.js";
import { earlierAck, runClosed } from "./commands.js";
import { foldRun } from "./fold-run.js";

/** Ms that a caller waits for what comes of a command. */
const ANSWER_MS = 20_000;

/**
 * Sends a command to whichever engine keeps the run. The ack is read off the log, where everybody sees the `control`
 * event that it tells of. Rejects with `LOG_UNAVAILABLE` after 20 s: the command is kept then.
 */
export async function sendCommand(cluster: Cluster, log: RunLog, envelope: CommandEnvelope, by: string): Promise<Ack> {
  const { runId, commandId } = envelope;
  const timeout = new AbortController();
  let unsubscribe: () => void = () => {};
  // Before it is sent: the answer may be in the log before this hears that it was sent.
  const heard = new Promise<Ack>((resolve) => {
    unsubscribe = log.subscribe(runId, ({ events }: LogEntry) => {
      for (const event of events) {
        const ack = ackOf(event, commandId);
        if (ack) return resolve(ack);
      }
    });
  });
  try {
    await cluster.send(envelope, by);
    const asLogged = async () => {
      const view = await foldRun(log, runId);
      return earlierAck(view.controls, commandId) ?? (isClosed(view) ? runClosed(commandId) : undefined);
    };
    // One that was sent twice may have been dealt with before this listened.
    const known = await asLogged();
    if (known) return known;
    const late = delay(ANSWER_MS, undefined, { signal: timeout.signal }).then(asLogged, () => undefined);
    const ack = await Promise.race([heard, late]);
    if (ack) return ack;
    throw new StagewireError(
      "LOG_UNAVAILABLE",
      `No server has dealt with this command of run ${runId} yet. It is kept, and acted upon as soon as one keeps the run: send it again with the same commandId to hear what came of it.`,
    );
  } finally {
    timeout.abort();
    unsubscribe();
  }
}

/** What an event says of a command; the end of the run says that nothing came of it. */
function ackOf(event: RunEvent, commandId: string): Ack | undefined {
  if (event.type === "run_complete") return runClosed(commandId);
  if (event.type !== "control" || event.commandId !== commandId) return undefined;
  const { outcome, reason, seq } = event;
  return { commandId, outcome, ...(reason !== undefined && { reason }), seq };
}
