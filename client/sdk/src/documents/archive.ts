import type { RunView } from "@stagewire/shared";
import { codeOf } from "./code-files.js";
import { documentOf } from "./document.js";
import { outputsOf } from "./outputs.js";

/** A file of an archive. */
export interface TextFile {
  /** Relative, with `/`, safe on every system and unique within the archive. */
  readonly path: string;
  readonly text: string;
}

/**
 * A run as files: `run.md` (the whole as one document), `run.json` (the view), `outputs/` (one file an output) and
 * `files/` (what was built, from its blocks of code). Pure.
 */
export function archiveOf(view: RunView): TextFile[] {
  return [
    { path: "run.md", text: documentOf(view) },
    { path: "run.json", text: `${JSON.stringify(view, undefined, 2)}\n` },
    ...outputsOf(view).map(({ name, text }) => ({ path: `outputs/${name}`, text })),
    ...codeOf(view).map(({ path, text }) => ({ path: `files/${path}`, text })),
  ];
}
