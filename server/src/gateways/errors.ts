import { ERROR_CODES, type ErrorCode, StagewireError, toStagewireError } from "@stagewire/shared";
import type { Logger } from "pino";
import type { ZodError, ZodType } from "zod";

/** What a client is told of an error, on every door but tRPC, which has a shape of its own. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  /** True when the same request, unchanged, can succeed later. */
  readonly retryable: boolean;
  /** Ms to wait before that, where it is known. */
  readonly retryAfterMs?: number;
}

/** Reads what came from outside. Throws `INVALID_INPUT`, which names each place that is wrong. */
export function parseInput<T>(schema: ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new StagewireError("INVALID_INPUT", issuesOf(parsed.error), { cause: parsed.error });
}

/** zod's issues in one line, each with the place it is about. */
export function issuesOf(error: ZodError): string {
  return error.issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message))
    .join("; ");
}

/** An error as a client may see it: of what failed inside it only hears that it did. */
export function tellError(thrown: unknown): ErrorBody {
  const { code, message, retryAfterMs } = toStagewireError(thrown);
  const { retryable } = ERROR_CODES[code];
  return { code, message, retryable, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** Logs what the client is not told: whatever is the server's own failure, with its cause. */
export function logFailure(logger: Logger, thrown: unknown, what: object): void {
  const error = toStagewireError(thrown);
  // A log that is unavailable for no fault of its own, as while a run is taken up, has nothing to tell.
  if (error.code !== "INTERNAL" && !(error.code === "LOG_UNAVAILABLE" && error.cause !== undefined)) return;
  logger.error({ err: error.cause ?? error, ...what }, "a call failed");
}
