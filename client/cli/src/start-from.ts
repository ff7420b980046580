import type { Run, StartedRun } from "@stagewire/client";
import type { RunOptions } from "@stagewire/shared";
import { connect } from "./connect.js";
import type { Context } from "./context.js";
import { detach } from "./detach.js";
import { resolveRun } from "./resolve-run.js";
import { checkStage, resultFile } from "./result.js";
import { oneRun } from "./send-command.js";
import { showRun } from "./show-run.js";
import { modelsByStage, startOptions } from "./start-options.js";
import { targetOf } from "./target.js";
import { readTimeMs } from "./values.js";

/** Starts a run that goes on from the one that the command line names, and shows it as `run` does. */
export async function startFrom(
  context: Context,
  name: string,
  start: (parent: Run, options: RunOptions) => Promise<StartedRun>,
): Promise<number> {
  const { values } = context.args;
  const word = oneRun(context, name);
  const chosen = startOptions(context);
  const timeoutMs = readTimeMs("timeout", values.timeout);
  const file = await resultFile(context);
  await using connection = await connect(targetOf(context));
  const parent = connection.client.runs.open(await resolveRun(connection.client, word));
  const { runId } = await start(parent, { ...chosen, ...(await perStage(context, parent)) });
  if (values.detach) return detach(context, connection, runId);
  return await showRun(context, {
    connection,
    runId,
    owner: true,
    ...(file && { file }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** What needs the parent's stages to be known. A model given for one stage leaves those of the others as they were. */
async function perStage({ args: { values } }: Context, parent: Run): Promise<RunOptions> {
  if (values.stage === undefined && values.model === undefined) return {};
  const { pipeline, options } = await parent.get();
  checkStage(values.stage, pipeline.stages);
  if (values.model === undefined) return {};
  return { models: { ...options.models, ...modelsByStage(values.model, pipeline.stages) } };
}
