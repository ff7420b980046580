import type { Client } from "@stagewire/client";
import { type RunOptions, type StartInput, StagewireError } from "@stagewire/shared";
import { connect, type Connection, probe } from "../connect.js";
import type { Context } from "../context.js";
import { detach } from "../detach.js";
import { type LocalServer, startLocalServer } from "../local-server.js";
import { PROGRAM } from "../program.js";
import { checkStage, resultFile } from "../result.js";
import { showRun } from "../show-run.js";
import { modelsByStage, startOptions } from "../start-options.js";
import { targetOf } from "../target.js";
import { readTask } from "../task.js";
import { readTimeMs } from "../values.js";

/** Starts a run and shows it; without a server it starts one in this process. */
export async function run(context: Context): Promise<number> {
  const { values } = context.args;
  const chosen = startOptions(context);
  const timeoutMs = readTimeMs("timeout", values.timeout);
  const file = await resultFile(context);
  const task = await readTask(context);

  await using here = await connectOrStart(context);
  const { connection, local } = here;
  const options: RunOptions = {
    ...chosen,
    ...(await perStage(connection.client, context)),
  };
  const input: StartInput = {
    task,
    options,
    ...(values.pipeline !== undefined && { pipeline: values.pipeline }),
  };
  const { runId } = await connection.client.runs.start(input);
  if (values.detach) return detach(context, connection, runId);
  return await showRun(context, {
    connection,
    runId,
    owner: true,
    ...(local && { local }),
    ...(file && { file }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

interface Here extends AsyncDisposable {
  readonly connection: Connection;
  readonly local?: Pick<LocalServer, "data" | "shared">;
}

async function connectOrStart(context: Context): Promise<Here> {
  const target = targetOf(context);
  const { err, args } = context;
  let occupied = false;
  if (target.given || !(await probe(target))) {
    try {
      const connection = await connect(target);
      return { connection, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() };
    } catch (error) {
      const stranger = error instanceof StagewireError && error.code === "SERVER_UNREACHABLE" && !target.given;
      if (!stranger || args.values.detach) throw error;
      occupied = true;
    }
  }
  if (args.values.detach) {
    throw new StagewireError(
      "SERVER_UNREACHABLE",
      `nothing listens at ${new URL(target.url).host}, and a detached run needs a server that stays: run \`${PROGRAM} serve\``,
    );
  }
  const { server, ...local } = await startLocalServer(context, { anyPort: true, quietLog: true, everyRole: true });
  if (occupied && !args.values.quiet) {
    err.write(`${new URL(target.url).host} is used by something else: this run's server is at ${server.url}\n`);
  }
  try {
    const connection = await connect({ url: server.url, given: false });
    return {
      connection,
      local,
      async [Symbol.asyncDispose]() {
        await connection[Symbol.asyncDispose]();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** What is set for each stage, which the pipeline has to be known for; its stages are checked on the way. */
async function perStage(client: Client, { args }: Context): Promise<RunOptions> {
  const { model, stage, pipeline = "build" } = args.values;
  if (model === undefined && stage === undefined) return {};
  const pipelines = await client.pipelines.list();
  const stages = pipelines.find(({ id }) => id === pipeline)?.stages;
  if (!stages) {
    const known = pipelines.map(({ id }) => id).join(", ");
    throw new StagewireError(
      "PIPELINE_NOT_FOUND",
      `there is no pipeline ${JSON.stringify(pipeline)}; there is ${known}`,
    );
  }
  checkStage(stage, stages);
  return model === undefined ? {} : { models: modelsByStage(model, stages) };
}
