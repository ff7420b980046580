import type { TextFile } from "@stagewire/client/documents";
import { strToU8, type Zippable, zipSync } from "fflate";

/** The dates that the format knows. */
const FIRST = Date.UTC(1980, 0, 2);
const LAST = Date.UTC(2099, 11, 30);

/** Files as a zip archive, all in one folder, with `at` (Unix ms) as their date. */
export function zip(files: readonly TextFile[], folder: string, at: number): Uint8Array<ArrayBuffer> {
  const mtime = new Date(Math.min(LAST, Math.max(FIRST, at)));
  const entries: Zippable = {};
  for (const { path, text } of files) entries[`${folder}/${path}`] = [strToU8(text), { mtime }];
  return new Uint8Array(zipSync(entries));
}
