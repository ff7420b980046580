import { ReplyError } from "ioredis";
import { StagewireError } from "@stagewire/shared";

/** What keeps a Redis from taking writes, and what to do. Clients see these: no address, no name. */
const REFUSALS: Readonly<Record<string, string>> = {
  OOM: "has no memory left (maxmemory)",
  MISCONF: "can't write to its disk",
  NOREPLICAS: "has too few replicas to take writes",
  READONLY: "has become a replica, which takes no writes",
  LOADING: "is still loading its data",
  MASTERDOWN: "has lost its master",
  CLUSTERDOWN: "is a cluster that is down",
};

/** Why a Redis takes no writes at the moment, from the error of one; `undefined` where it is that call alone that failed. */
export function whyDown(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!isReply(error)) return "can't be reached";
  return REFUSALS[replyCode(error)];
}

/** True for a script that Redis has forgotten. */
export function isNoScript(error: unknown): boolean {
  return error instanceof Error && replyCode(error) === "NOSCRIPT";
}

/** What everybody is told while Redis takes no writes. */
export function redisDown(why: string): StagewireError {
  return new StagewireError(
    "LOG_UNAVAILABLE",
    `The Redis of the server's run log ${why}, so nothing can be stored and runs pause. They go on by themselves when it is back; try again.`,
  );
}

/** For a call that Redis failed. Names nothing of the server: clients see it. */
export function logUnavailable(error: unknown): StagewireError {
  if (error instanceof StagewireError) return error;
  const why = whyDown(error);
  if (why !== undefined) return new StagewireError("LOG_UNAVAILABLE", redisDown(why).message, { cause: plain(error) });
  return new StagewireError(
    "LOG_UNAVAILABLE",
    "The run log failed: nothing of this call was stored. Try again; the server's log has the cause.",
    { cause: plain(error) },
  );
}

/** Only what it says: ioredis hangs the command with its arguments on it, which may be a password or a user's text. */
export function plain(error: unknown): Error {
  // One error for each address that a name has, and no message of its own.
  if (error instanceof AggregateError && !error.message) return plain(error.errors[0]);
  return new Error(error instanceof Error ? error.message : String(error));
}

function isReply(error: Error): boolean {
  return error instanceof ReplyError || error.name === "ReplyError";
}

function replyCode({ message }: Error): string {
  return /^[A-Z]+/.exec(message)?.[0] ?? "";
}
