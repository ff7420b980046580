import { parseCursor } from "@stagewire/shared";
import { connect } from "../connect.js";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { resolveRun } from "../resolve-run.js";
import { checkStage, resultFile } from "../result.js";
import { showRun } from "../show-run.js";
import { targetOf } from "../target.js";
import { readTimeMs } from "../values.js";

/** Shows a run from its beginning, or from a cursor. Leaving it changes nothing for the run. */
export async function watch(context: Context): Promise<number> {
  const { values, positionals } = context.args;
  const [word = "last", ...others] = positionals;
  if (others.length > 0) throw usageError(`watch takes one run, not ${positionals.length}`);
  const cursor = values.from;
  if (cursor !== undefined && !parseCursor(cursor)) {
    throw usageError(`--from is ${JSON.stringify(cursor)}, allowed a cursor like 1-42`);
  }
  const timeoutMs = readTimeMs("timeout", values.timeout);
  const file = await resultFile(context);
  await using connection = await connect(targetOf(context));
  const runId = await resolveRun(connection.client, word);
  if (values.stage !== undefined) {
    checkStage(values.stage, (await connection.client.runs.get(runId)).pipeline.stages);
  }
  return await showRun(context, {
    connection,
    runId,
    owner: false,
    ...(cursor !== undefined && { cursor }),
    ...(file && { file }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}
