import { constants } from "node:os";
import { type ErrorCode, type RunView, StagewireError } from "@stagewire/shared";

/** What the command's exit status means. A signal `n` that ended it gives 128 + n. */
export const EXIT = {
  finished: 0,
  failed: 1,
  usage: 2,
  cancelled: 3,
  auth: 4,
  unreachable: 5,
  notFound: 6,
  stillRunning: 8,
} as const;

const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  INVALID_INPUT: EXIT.usage,
  CURSOR_UNRECOVERABLE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  PORT_IN_USE: EXIT.usage,
  DATA_UNAVAILABLE: EXIT.usage,
  // Thrown only where a server is to start: a run that fails by them is told by how it stands.
  MODEL_AUTH: EXIT.usage,
  MODEL_NOT_FOUND: EXIT.usage,
  MODEL_UNREACHABLE: EXIT.usage,
  MODEL_TIMEOUT: EXIT.usage,
  UNAUTHORIZED: EXIT.auth,
  FORBIDDEN: EXIT.auth,
  SERVER_UNREACHABLE: EXIT.unreachable,
  RUN_NOT_FOUND: EXIT.notFound,
  PIPELINE_NOT_FOUND: EXIT.notFound,
};

/** The status for what a command threw. */
export function exitCodeOfError(error: unknown): number {
  return error instanceof StagewireError ? (BY_ERROR[error.code] ?? EXIT.failed) : EXIT.failed;
}

/** The status for how a run stands. */
export function exitCodeOfRun(view: RunView): number {
  switch (view.status) {
    case "completed":
      return EXIT.finished;
    case "failed":
      return EXIT.failed;
    case "cancelled":
      return EXIT.cancelled;
    default:
      return EXIT.stillRunning;
  }
}

export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
