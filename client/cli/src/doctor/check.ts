import { EXIT, exitCodeOfError } from "../exit-codes.js";

/** What one look came to. A `note` is worth knowing and keeps nothing from working. */
export interface Finding {
  readonly name: string;
  readonly status: "ok" | "note" | "problem";
  /** What was found, and of a problem what to do; may have several lines. */
  readonly message: string;
  /** Of a problem: the exit status that it leads to. */
  readonly code?: number;
}

export function ok(name: string, message: string): Finding {
  return { name, status: "ok", message };
}

export function note(name: string, message: string): Finding {
  return { name, status: "note", message };
}

/** What was thrown, as a problem. What has no exit status of its own is a matter of configuration here. */
export function problem(name: string, error: unknown): Finding {
  const code = exitCodeOfError(error);
  return {
    name,
    status: "problem",
    message: error instanceof Error ? error.message : String(error),
    code: code === EXIT.failed ? EXIT.usage : code,
  };
}
