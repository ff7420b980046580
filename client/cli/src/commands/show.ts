import type { Context } from "../context.js";
import { EXIT } from "../exit-codes.js";
import { writeExit, writeHello, writeJson } from "../json.js";
import { createPaint } from "../render/paint.js";
import { runReport } from "../render/run-report.js";
import { runOrLast } from "../run-argument.js";
import { pageOf } from "../target.js";
import { viewOfRun } from "../view-of-run.js";

/** Prints how a run stands. Its status is not the command's: that one is 0 when the run could be read. */
export async function show(context: Context): Promise<number> {
  const { args, out, env } = context;
  await using found = await viewOfRun(context, runOrLast(context, "show"));
  const { connection, view } = found;
  const { runId, status } = view;
  if (args.values.json) {
    writeHello(out, connection, { runId });
    writeJson(out, { type: "view", page: pageOf(connection.url, runId), ...view });
    writeExit(out, EXIT.finished, { runId, status });
    return EXIT.finished;
  }
  const paint = createPaint(out.isTTY && !args.values["no-color"] && !env["NO_COLOR"]);
  const width = out.isTTY ? out.columns() - 1 : Infinity;
  const lines = runReport(view, { url: connection.url, width, paint, now: Date.now() });
  for (const line of lines) out.write(`${line}\n`);
  return EXIT.finished;
}
