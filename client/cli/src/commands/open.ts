import { openInBrowser } from "../browser.js";
import { connect } from "../connect.js";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { writeExit, writeHello, writeJson } from "../json.js";
import { resolveRun } from "../resolve-run.js";
import { pageOf, targetOf } from "../target.js";
import { readTimeMs } from "../values.js";

/** Opens the page of a run, or the list of runs, and prints its address. */
export async function open(context: Context): Promise<number> {
  const { args, out, err, env } = context;
  const [word, ...others] = args.positionals;
  if (others.length > 0) throw usageError(`open takes one run, not ${args.positionals.length}`);
  const timeoutMs = readTimeMs("timeout", args.values.timeout);
  const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  await using connection = await connect(targetOf(context));
  const { url, client } = connection;
  const page = word === undefined ? url.replace(/^ws/, "http") : pageOf(url, await resolveRun(client, word, signal));
  const problem = args.values["no-browser"] ? undefined : await openInBrowser(page, env);
  if (args.values.json) {
    writeHello(out, connection);
    writeJson(out, { type: "page", page, opened: !args.values["no-browser"] && problem === undefined });
    writeExit(out, EXIT.finished);
    return EXIT.finished;
  }
  out.write(`${page}\n`);
  if (problem !== undefined && !args.values.quiet) err.write(`${problem}: open the address yourself\n`);
  return EXIT.finished;
}
