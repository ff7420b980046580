import type { Connection } from "./connect.js";
import type { Context } from "./context.js";
import { EXIT } from "./exit-codes.js";
import { PROGRAM } from "./program.js";
import { pageOf, urlOption } from "./target.js";

/** Tells where the run that was started can be found, and leaves it to its server. */
export function detach({ args, out, err }: Context, { url, info, transport }: Connection, runId: string): number {
  const fate = `Run ${runId} was started: ${PROGRAM} watch ${runId}${urlOption(url)}`;
  if (args.values.json) {
    const page = pageOf(url, runId);
    out.write(
      `${JSON.stringify({ type: "hello", protocol: info.protocol, version: info.version, runId, url, page, model: info.model, transport })}\n`,
    );
    out.write(
      `${JSON.stringify({ type: "exit", code: EXIT.stillRunning, runId, status: "running", message: fate })}\n`,
    );
  } else if (out.isTTY) {
    out.write(`${pageOf(url, runId)}\n${fate}\n`);
  } else {
    out.write(`${runId}\n`);
    if (!args.values.quiet) err.write(`${pageOf(url, runId)}\n${fate}\n`);
  }
  return EXIT.stillRunning;
}
