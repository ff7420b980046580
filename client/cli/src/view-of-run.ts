import type { RunView } from "@stagewire/shared";
import { connect, type Connection } from "./connect.js";
import type { Context } from "./context.js";
import { resolveRun } from "./resolve-run.js";
import { targetOf } from "./target.js";
import { readTimeMs } from "./values.js";

/** A run as it stands now, and the connection over which it was asked for. Disposing closes that. */
export interface FoundRun extends AsyncDisposable {
  readonly connection: Connection;
  readonly view: RunView;
}

/** Asks the server for the run that `word` means. */
export async function viewOfRun(context: Context, word: string): Promise<FoundRun> {
  const timeoutMs = readTimeMs("timeout", context.args.values.timeout);
  const call = timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) };
  const connection = await connect(targetOf(context));
  try {
    const runId = await resolveRun(connection.client, word, call.signal);
    const view = await connection.client.runs.get(runId, call);
    return { connection, view, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}
