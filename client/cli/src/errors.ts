import { StagewireError } from "@stagewire/shared";
import { plain } from "./render/plain.js";

/** A wrong use of the command: exit status 2. The message says what is wrong and what would be right. */
export function usageError(message: string): StagewireError {
  return new StagewireError("INVALID_INPUT", message);
}

/** An error as the person at the terminal gets it; with `debug` (STAGEWIRE_DEBUG) also where it comes from. */
export function describeError(error: unknown, debug: boolean): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  const lines = [`error: ${plain(message).trimEnd().replaceAll("\n", "\n       ")}`];
  if (debug) {
    lines.push(...traces(error));
  } else if (!(error instanceof StagewireError) || error.code === "INTERNAL") {
    lines.push("       (STAGEWIRE_DEBUG=1 shows where it comes from)");
  }
  return lines.join("\n");
}

/** The system's code of a failed call, e.g. `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function traces(error: unknown): string[] {
  const found: string[] = [];
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    found.push(at.stack ?? String(at));
  }
  return found;
}
