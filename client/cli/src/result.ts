import { access, constants, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "@stagewire/client";
import { acceptedOutput, type RunView } from "@stagewire/shared";
import type { Context } from "./context.js";
import { systemCode, usageError } from "./errors.js";
import { size } from "./render/format.js";

/** Where the result goes. */
export interface ResultFile {
  readonly path: string;
  /** As it was written on the command line. */
  readonly name: string;
}

/** The file of `-o`, checked before the run costs anything; `undefined` for stdout. */
export async function resultFile({ args, cwd }: Context): Promise<ResultFile | undefined> {
  const name = args.values.output;
  if (name === undefined || name === "-") return undefined;
  const file = path.resolve(cwd, name);
  try {
    const existing = await stat(file).catch(() => undefined);
    if (existing?.isDirectory()) throw usageError(`-o ${name} is a folder: name a file in it`);
    await access(existing ? file : path.dirname(file), constants.W_OK);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw usageError(`-o ${name} can't be written: ${systemCode(error)}`);
  }
  return { path: file, name };
}

/** Writes the result and says so. */
export async function saveResult(file: ResultFile, result: string): Promise<string> {
  const text = result.endsWith("\n") ? result : `${result}\n`;
  try {
    await writeFile(file.path, text);
  } catch (error) {
    throw usageError(`${file.name} can't be written: ${systemCode(error) ?? String(error)}`);
  }
  return `wrote ${size(Buffer.byteLength(text))} to ${file.name}`;
}

/** A run's result: its output, or the accepted output of the stage that was asked for; `undefined` without one. */
export async function resultOf(client: Client, seen: RunView, stage: string | undefined): Promise<string | undefined> {
  if (stage === undefined) return seen.output;
  // Watching from a cursor may have missed the stage.
  const view = seen.createdAt === 0 ? await client.runs.get(seen.runId) : seen;
  return acceptedOutput(view, stage);
}

/** Throws a usage error that names the stages there are. */
export function checkStage(stage: string | undefined, stages: readonly { readonly id: string }[]): void {
  if (stage === undefined || stages.some(({ id }) => id === stage)) return;
  throw usageError(`--stage is ${JSON.stringify(stage)}, allowed ${stages.map(({ id }) => id).join(", ")}`);
}
