import { type RunSummary, runStatusSchema } from "@stagewire/shared";
import { connect, type Connection } from "../connect.js";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { PROGRAM } from "../program.js";
import { count, duration, size } from "../render/format.js";
import { fit, plain } from "../render/plain.js";
import { targetOf } from "../target.js";
import { readChoice, readNumber, readTimeMs } from "../values.js";

/** Lists runs, newest first. */
export async function list(context: Context): Promise<number> {
  const { args, out, err } = context;
  if (args.positionals.length > 0)
    throw usageError(`list takes no ${JSON.stringify(args.positionals[0])}: only options`);
  const limit = readNumber("limit", args.values.limit, 1, 200) ?? 20;
  const status = readChoice("status", args.values.status, runStatusSchema.options);
  if (args.values.usage && (args.values.status !== undefined || args.values.limit !== undefined)) {
    throw usageError("--usage is about all runs: leave out --status and --limit");
  }
  const timeoutMs = readTimeMs("timeout", args.values.timeout);
  await using connection = await connect(targetOf(context));
  if (args.values.usage) return await usage(context, connection, timeoutMs);
  const { runs } = await connection.client.runs.list(
    { limit, ...(status !== undefined && { status }) },
    timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) },
  );
  if (args.values.json) {
    const { version, protocol } = connection.info;
    out.write(`${JSON.stringify({ type: "hello", protocol, version, url: connection.url })}\n`);
    for (const run of runs) out.write(`${JSON.stringify({ type: "run", ...run })}\n`);
    out.write(`${JSON.stringify({ type: "exit", code: EXIT.finished })}\n`);
  } else if (args.values.quiet) {
    for (const { runId } of runs) out.write(`${runId}\n`);
  } else if (runs.length === 0) {
    err.write(`no runs yet: start one with \`${PROGRAM} run "<task>"\`\n`);
  } else {
    const now = Date.now();
    const idWidth = Math.max(...runs.map(({ runId }) => runId.length));
    for (const run of runs) {
      const columns = [
        run.runId.padEnd(idWidth),
        run.status.padEnd(9),
        age(run, now).padStart(16),
        where(run).padEnd(24),
      ];
      const line = plain([...columns, run.title.replace(/\s+/g, " ").trim()].join("  ")).trimEnd();
      // A pipe gets whole lines: there the width is the reader's affair.
      out.write(`${out.isTTY ? fit(line, out.columns() - 1) : line}\n`);
    }
  }
  return EXIT.finished;
}

/** What the server's run log takes, and what retention will delete of it. */
async function usage({ args, out }: Context, { client, info, url }: Connection, timeoutMs?: number): Promise<number> {
  const told = await client.server.usage(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) });
  if (args.values.json) {
    out.write(`${JSON.stringify({ type: "hello", protocol: info.protocol, version: info.version, url })}\n`);
    out.write(`${JSON.stringify({ type: "usage", ...told })}\n`);
    out.write(`${JSON.stringify({ type: "exit", code: EXIT.finished })}\n`);
    return EXIT.finished;
  }
  const { runs, closedRuns, bytes, storeBytes, oldest, retention, due } = told;
  const limits = [
    ...(retention.days === undefined ? [] : [`${retention.days} days after its end`]),
    ...(retention.maxRuns === undefined ? [] : [`beyond ${count(retention.maxRuns)} finished runs`]),
  ];
  const rows = [
    ["runs", `${count(runs)}, ${count(closedRuns)} of them finished`],
    ["events", size(bytes)],
    ["on disk", size(storeBytes)],
    ["oldest", oldest === undefined ? "none has finished" : `${oldest.runId}, finished ${ago(oldest.closedAt)}`],
    ["deletes", limits.length === 0 ? "nothing: retentionDays and maxRuns are not set" : limits.join(", or ")],
    ["due now", due.runs === 0 ? "nothing" : `${count(due.runs)} runs, ${size(due.bytes)}`],
  ];
  for (const [name = "", text = ""] of rows) out.write(`${name.padEnd(8)}  ${plain(text)}\n`);
  return EXIT.finished;
}

function ago(at: number): string {
  return age({ createdAt: at }, Date.now());
}

function age(run: Pick<RunSummary, "createdAt">, now: number): string {
  const ms = Math.max(0, now - run.createdAt);
  return ms < 86_400_000 ? `${duration(ms)} ago` : `${Math.floor(ms / 86_400_000)} days ago`;
}

function where(run: RunSummary): string {
  if (run.queuePosition !== undefined) return `number ${run.queuePosition} in the queue`;
  const iteration = run.iteration ? ` ${run.iteration}` : "";
  const share = run.fraction === undefined ? "" : ` ${Math.round(run.fraction * 100)} %`;
  const open = run.status === "running" || run.status === "paused";
  return open && run.stage !== undefined ? `${run.stage}${iteration}${share}` : "";
}
