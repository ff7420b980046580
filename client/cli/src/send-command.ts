import type { Ack, Command } from "@stagewire/shared";
import { connect } from "./connect.js";
import type { Context } from "./context.js";
import { usageError } from "./errors.js";
import { EXIT } from "./exit-codes.js";
import { PROGRAM } from "./program.js";
import { reasonText } from "./reasons.js";
import { plain } from "./render/plain.js";
import { resolveRun } from "./resolve-run.js";
import { targetOf } from "./target.js";
import { readTimeMs } from "./values.js";

/** What each outcome of a command is told as, the run's id following. */
export interface Answers {
  readonly applied: string;
  readonly scheduled: string;
  /** What could not be done. */
  readonly rejected: string;
}

/** Sends one command to the only run that the command line names and tells the answer; a rejection gives status 1. */
export function sendCommand(context: Context, name: string, command: Command, answers: Answers): Promise<number> {
  return steer(context, oneRun(context, name), command, answers);
}

/** The one word of the command line: it names a run. Throws a usage error for none and for more. */
export function oneRun({ args }: Context, name: string): string {
  const [word, ...others] = args.positionals;
  if (word !== undefined && others.length === 0) return word;
  throw usageError(`${name} takes one run: \`${PROGRAM} ${name} <id>\`, the beginning of an id, or \`last\``);
}

/** Sends one command to the run that `word` means and tells the answer; a rejection gives status 1. */
export async function steer(context: Context, word: string, command: Command, answers: Answers): Promise<number> {
  const { args, out, err } = context;
  const timeoutMs = readTimeMs("timeout", args.values.timeout);
  const call = timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) };
  await using connection = await connect(targetOf(context));
  const runId = await resolveRun(connection.client, word, call.signal);
  const ack = await connection.client.runs.control(runId, command, call);
  const code = ack.outcome === "rejected" ? EXIT.failed : EXIT.finished;
  if (args.values.json) {
    const { version, protocol } = connection.info;
    for (const line of [
      { type: "hello", protocol, version, runId, url: connection.url },
      { type: "ack", ...ack },
      { type: "exit", code, runId },
    ]) {
      out.write(`${JSON.stringify(line)}\n`);
    }
  } else if (code !== EXIT.finished) {
    err.write(`error: ${plain(answer(ack, answers, runId))}\n`);
  } else if (!args.values.quiet) {
    out.write(`${answer(ack, answers, runId)}\n`);
  }
  return code;
}

function answer(ack: Ack, answers: Answers, runId: string): string {
  const said = `Run ${runId} ${answers[ack.outcome]}`;
  if (ack.outcome === "rejected") return `${said}: ${reasonText(ack.reason)}`;
  return ack.seq === undefined ? said : `${said} (#${ack.seq})`;
}
