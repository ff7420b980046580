import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A fenced block of a document. */
export interface Fence {
  /** What stands behind the opening fence. */
  readonly info: string;
  readonly body: string;
}

/** One message of an example conversation. */
export interface Said {
  readonly by: "client" | "server";
  readonly text: string;
}

/** `name` is relative to the repository. */
export function readDocument(name: string): string {
  return readFileSync(`${ROOT}${name}`, "utf8");
}

export function fencesOf(text: string): Fence[] {
  return [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([, info = "", body = ""]) => ({ info, body }));
}

/** The part from this heading to the next one of any level. Throws when there is none. */
export function section(text: string, heading: string): string {
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`there is no heading ${JSON.stringify(heading)}`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(/^#+ /m);
  return end < 0 ? rest : rest.slice(0, end);
}

/** The cells of every table row in `text` but the heads, without the backticks around a whole cell. */
export function rowsOf(text: string): string[][] {
  const lines = text.split("\n");
  return lines
    .filter((line, index) => line.startsWith("|") && !line.startsWith("|--") && !lines[index + 1]?.startsWith("|--"))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")),
    );
}

/** Everything in backticks. */
export function codesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

/** The messages of an example: each begins with an arrow, and goes on over indented lines. */
export function conversation(body: string): Said[] {
  return body
    .split(/^(?=[→←] )/m)
    .filter((part) => part.trim() !== "")
    .map((part) => ({
      by: part.startsWith("→") ? "client" : "server",
      text: part.slice(2).trim().replace(/\n\s*/g, ""),
    }));
}
