import { StagewireError } from "@stagewire/shared";
import pRetry from "p-retry";
import type { Connection } from "../connection/connection.js";
import type { Procedures, Session } from "../connection/session.js";
import { fromTrpc, isRetried, tooLarge } from "../errors.js";
import { linkSignals, sleep } from "../signals.js";

/** Sends one request. It may be sent again: what it does must be the same the second time. */
export type Send<T> = (procedures: Procedures, signal: AbortSignal) => Promise<T>;

/** Close code of a message that is larger than the other side takes. */
const MESSAGE_TOO_BIG = 1009;
const RETRY = { retries: Infinity, minTimeout: 100, maxTimeout: 2_000, randomize: true } as const;

/**
 * Sends a request until it is answered: over drops, reconnects and servers that ask for patience, for `timeoutMs` at
 * most. Rejects with a `StagewireError`, or with the signal's reason when it aborts.
 */
export async function call<T>(
  connection: Connection,
  send: Send<T>,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<T> {
  const scope = linkSignals(signal, connection.closed);
  if (scope.signal.aborted) throw scope.signal.reason;
  const release = connection.hold();
  let refusal: StagewireError | undefined;
  const deadline = setTimeout(() => scope.abort(timedOut(connection, timeoutMs, refusal)), timeoutMs);
  try {
    return await pRetry(() => attempt(connection, send, scope.signal), {
      ...RETRY,
      signal: scope.signal,
      shouldRetry: ({ error }) => isRetried(error),
      onFailedAttempt: ({ error }) => {
        refusal = isRetried(error) && error.code !== "SERVER_UNREACHABLE" ? error : undefined;
        return waitAsTold(error, scope.signal);
      },
    });
  } catch (thrown) {
    throw scope.signal.aborted ? scope.signal.reason : thrown;
  } finally {
    clearTimeout(deadline);
    release();
    scope.release();
  }
}

async function attempt<T>(connection: Connection, send: Send<T>, signal: AbortSignal): Promise<T> {
  const session = await connection.session(signal);
  const scope = linkSignals(signal, session.lost);
  try {
    const answer = await send(session.procedures, scope.signal);
    session.confirm();
    return answer;
  } catch (thrown) {
    if (session.lost.aborted) throw lostOver(session, connection);
    const error = fromTrpc(thrown);
    if (error.code !== "SERVER_UNREACHABLE") session.confirm();
    throw error;
  } finally {
    scope.release();
  }
}

function lostOver(session: Session, connection: Connection): StagewireError {
  return session.loss?.code === MESSAGE_TOO_BIG ? tooLarge() : connection.failure();
}

/** Why a request was not done in time; `refusal` is what the server said to its last attempt. */
function timedOut(connection: Connection, timeoutMs: number, refusal: StagewireError | undefined): StagewireError {
  if (connection.state.status !== "open") return connection.failure();
  if (refusal) return refusal;
  return new StagewireError(
    "SERVER_UNREACHABLE",
    `the server is connected but did not answer within ${timeoutMs / 1_000} s`,
  );
}

async function waitAsTold(error: Error, signal: AbortSignal): Promise<void> {
  if (isRetried(error) && error.retryAfterMs !== undefined) await sleep(error.retryAfterMs, signal);
}
