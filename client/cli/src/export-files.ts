import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TextFile } from "@stagewire/client/documents";
import { strToU8, zipSync } from "fflate";
import type { Context } from "./context.js";
import { systemCode, usageError } from "./errors.js";
import { resultFile } from "./result.js";

/** Where an export goes. */
export interface Destination {
  readonly kind: "file" | "zip" | "folder";
  readonly path: string;
  /** As it was written on the command line. */
  readonly name: string;
}

export interface Wrote {
  readonly files: number;
  readonly bytes: number;
}

/**
 * What `-o` names, checked before anything is asked for: a name in `.zip` is an archive, one with a slash at its end
 * or of a folder is a folder, which has to be new or empty. `undefined` for stdout.
 */
export async function destinationOf(context: Context): Promise<Destination | undefined> {
  const name = context.args.values.output;
  if (name === undefined || name === "-") return undefined;
  const target = path.resolve(context.cwd, name);
  const existing = await stat(target).catch(() => undefined);
  if (!/[/\\]$/.test(name) && !existing?.isDirectory()) {
    await resultFile(context);
    return { kind: name.toLowerCase().endsWith(".zip") ? "zip" : "file", path: target, name };
  }
  if (existing && !existing.isDirectory()) throw usageError(`-o ${name} is a file: leave out the slash to replace it`);
  // What lies there could be lost, or lead the files elsewhere by a link.
  if (existing && (await readdir(target)).length > 0) throw usageError(`-o ${name} is not empty: name a new folder`);
  return { kind: "folder", path: target, name };
}

export async function saveText({ path: file, name }: Destination, text: string): Promise<Wrote> {
  await written(name, writeFile(file, text));
  return { files: 1, bytes: Buffer.byteLength(text) };
}

/** `at`, in Unix ms, is the time that the files get. */
export async function saveZip(
  { path: file, name }: Destination,
  files: readonly TextFile[],
  at: number,
): Promise<Wrote> {
  const entries = Object.fromEntries(files.map(({ path: entry, text }) => [entry, strToU8(text)]));
  const bytes = zipSync(entries, { mtime: at });
  await written(name, writeFile(file, bytes));
  return { files: files.length, bytes: bytes.byteLength };
}

export async function saveFiles({ path: folder, name }: Destination, files: readonly TextFile[]): Promise<Wrote> {
  let bytes = 0;
  for (const { path: entry, text } of files) {
    const file = path.join(folder, ...entry.split("/"));
    await written(name, mkdir(path.dirname(file), { recursive: true }));
    await written(name, writeFile(file, text, { flag: "wx" }));
    bytes += Buffer.byteLength(text);
  }
  return { files: files.length, bytes };
}

async function written(name: string, done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    throw usageError(`${name} can't be written: ${systemCode(error) ?? String(error)}`);
  }
}
