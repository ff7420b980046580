import { type ErrorCode, isErrorCode, StagewireError } from "@stagewire/shared";

/** Codes with which the same request is sent again: the server is there and will take it later. */
const RETRIED: ReadonlySet<ErrorCode> = new Set(["SERVER_UNREACHABLE", "SHUTTING_DOWN", "LOG_UNAVAILABLE"]);

/** What tRPC says when a request did not reach one of stagewire's own checks. */
const BY_TRPC_CODE: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: "INVALID_INPUT",
  PARSE_ERROR: "INVALID_INPUT",
  PAYLOAD_TOO_LARGE: "INVALID_INPUT",
  UNAUTHORIZED: "UNAUTHORIZED",
  FORBIDDEN: "FORBIDDEN",
  TOO_MANY_REQUESTS: "TOO_MANY_REQUESTS",
  SERVICE_UNAVAILABLE: "SHUTTING_DOWN",
  NOT_FOUND: "PROTOCOL_VIOLATION",
  METHOD_NOT_SUPPORTED: "PROTOCOL_VIOLATION",
};

/** True when the same request, sent again, may be answered. A refusal for too many requests counts only if it says when. */
export function isRetried(error: unknown): error is StagewireError {
  if (!(error instanceof StagewireError)) return false;
  return RETRIED.has(error.code) || (error.code === "TOO_MANY_REQUESTS" && error.retryAfterMs !== undefined);
}

/** What tRPC's client threw, as the server meant it. What never reached the server is `SERVER_UNREACHABLE`. */
export function fromTrpc(thrown: unknown): StagewireError {
  if (thrown instanceof StagewireError) return thrown;
  const shape = get(thrown, "shape");
  if (isObject(shape)) return fromShape(shape, thrown);
  const cause = get(thrown, "cause");
  if (cause instanceof StagewireError) return cause;
  // A lost socket comes as an event or as tRPC's own error; any other error was thrown on this side.
  if (cause instanceof Error && cause.name !== "TRPCWebSocketClosedError") {
    return new StagewireError("INTERNAL", `the request could not be sent: ${cause.message}`, { cause });
  }
  return new StagewireError("SERVER_UNREACHABLE", "the connection to the server was lost", { cause: thrown });
}

/** The server, or a proxy in front of it, did not take a request for its size. */
export function tooLarge(): StagewireError {
  return new StagewireError(
    "INVALID_INPUT",
    "the request is larger than the server takes: make the task or text smaller",
  );
}

/** Reads an error as the server shapes it: code in `data.reason` and at the head of the message, or simply in `code`. */
export function fromShape(shape: object, cause: unknown): StagewireError {
  const data = get(shape, "data");
  const said = get(shape, "message");
  const text = typeof said === "string" ? said : "";
  const [, head, rest] = /^([A-Z][A-Z_]+): ([^]*)$/.exec(text) ?? [];
  const code =
    [get(data, "reason"), get(shape, "code"), head].find((told) => isErrorCode(told)) ?? byTrpcCode(get(data, "code"));
  const message = head === code && rest ? rest : text || "the server answered with an error that says nothing";
  const retryAfterMs = get(data ?? shape, "retryAfterMs");
  return new StagewireError(code, message, {
    cause,
    ...(typeof retryAfterMs === "number" && { retryAfterMs }),
  });
}

function byTrpcCode(code: unknown): ErrorCode {
  return (typeof code === "string" && BY_TRPC_CODE[code]) || "INTERNAL";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function get(value: unknown, key: string): unknown {
  return isObject(value) ? Reflect.get(value, key) : undefined;
}
