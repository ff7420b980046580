/** What a code means to each transport, and whether the same request may succeed later. */
interface CodeFacts {
  /** HTTP status, from which tRPC's own code follows. */
  readonly status: number;
  /** True when trying again, unchanged, can succeed. */
  readonly retryable: boolean;
}

/**
 * Every error code of stagewire, for requests and for `error` events alike.
 * Codes that begin with `MODEL_` come from the model's side of a run.
 */
export const ERROR_CODES = {
  INVALID_INPUT: { status: 400, retryable: false },
  UNAUTHORIZED: { status: 401, retryable: false },
  FORBIDDEN: { status: 403, retryable: false },
  RUN_NOT_FOUND: { status: 404, retryable: false },
  PIPELINE_NOT_FOUND: { status: 404, retryable: false },
  /** No such procedure, page or address. */
  NOT_FOUND: { status: 404, retryable: false },
  CURSOR_UNRECOVERABLE: { status: 412, retryable: false },
  TOO_MANY_REQUESTS: { status: 429, retryable: true },
  SHUTTING_DOWN: { status: 503, retryable: true },
  LOG_UNAVAILABLE: { status: 503, retryable: true },
  INTERNAL: { status: 500, retryable: false },
  /** Another writer has taken the run over: this one's appends are refused. Never leaves the server. */
  FENCED: { status: 409, retryable: false },
  CONFIG_INVALID: { status: 500, retryable: false },
  PORT_IN_USE: { status: 500, retryable: false },
  DATA_UNAVAILABLE: { status: 500, retryable: false },
  /** The client could not reach the server, or lost it. */
  SERVER_UNREACHABLE: { status: 503, retryable: true },
  /** The server sent what the protocol does not allow. */
  PROTOCOL_VIOLATION: { status: 502, retryable: true },
  MODEL_AUTH: { status: 502, retryable: false },
  MODEL_NOT_FOUND: { status: 502, retryable: false },
  MODEL_REJECTED: { status: 502, retryable: false },
  MODEL_RATE_LIMITED: { status: 502, retryable: true },
  MODEL_UNREACHABLE: { status: 502, retryable: true },
  MODEL_UNAVAILABLE: { status: 502, retryable: true },
  MODEL_TIMEOUT: { status: 504, retryable: true },
  MODEL_STREAM_CUT: { status: 502, retryable: true },
  MODEL_BAD_RESPONSE: { status: 502, retryable: true },
  MODEL_CONTENT_FILTERED: { status: 502, retryable: false },
  MODEL_OUTPUT_TRUNCATED: { status: 502, retryable: false },
  VERDICT_MALFORMED: { status: 502, retryable: false },
  BUDGET_EXCEEDED: { status: 402, retryable: false },
} as const satisfies Record<string, CodeFacts>;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** True when `value` is one of {@link ERROR_CODES}. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_CODES, value);
}

/**
 * The one error class of stagewire. Its message says what happened, to which value, and what to do next;
 * it is safe to show to a client. What must stay inside goes into `cause`.
 */
export class StagewireError extends Error {
  override readonly name = "StagewireError";
  readonly code: ErrorCode;
  /** Ms after which the other side asked to be tried again (`Retry-After`), where it did. */
  readonly retryAfterMs?: number;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }

  /** True when trying again, unchanged, can succeed. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** Turns anything thrown into a {@link StagewireError}; what is not one already becomes `INTERNAL`, its text kept in `cause`. */
export function toStagewireError(thrown: unknown): StagewireError {
  if (thrown instanceof StagewireError) return thrown;
  return new StagewireError("INTERNAL", "Something failed inside stagewire; the server's log has the details.", {
    cause: thrown,
  });
}
