import { ERROR_CODES, type ErrorCode, StagewireError } from "@stagewire/shared";
import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { issuesOf } from "../errors.js";

type TrpcCode = TRPCError["code"];

/** tRPC's name for each HTTP status that stagewire's codes have. */
const TRPC_CODES: Record<(typeof ERROR_CODES)[ErrorCode]["status"], TrpcCode> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  402: "PAYMENT_REQUIRED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  409: "CONFLICT",
  412: "PRECONDITION_FAILED",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
  504: "GATEWAY_TIMEOUT",
};

/** An error as tRPC wants it thrown: the code stands at the head of the message too. */
export function toTrpcError(error: StagewireError): TRPCError {
  return new TRPCError({
    code: TRPC_CODES[ERROR_CODES[error.code].status],
    message: `${error.code}: ${error.message}`,
    cause: error,
  });
}

/** What failed inside tRPC, as the thing to log: a mistake of the caller is none. */
export function failureOf(error: TRPCError): unknown {
  const { cause } = error;
  if (cause instanceof StagewireError) return cause;
  if (error.code === "INTERNAL_SERVER_ERROR") return cause ?? error;
  return new StagewireError("INVALID_INPUT", error.message);
}

/** What a client is told of an error: a stagewire code and a message that is fit for it. Nothing internal passes. */
export function publicError(error: TRPCError): { reason: ErrorCode; message: string; retryAfterMs?: number } {
  const { cause } = error;
  if (cause instanceof StagewireError) {
    const { code, message, retryAfterMs } = cause;
    return { reason: code, message: `${code}: ${message}`, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  switch (error.code) {
    case "INTERNAL_SERVER_ERROR":
      return { reason: "INTERNAL", message: "INTERNAL: Something failed inside the server; its log has the details." };
    case "BAD_REQUEST":
      return {
        reason: "INVALID_INPUT",
        message: `INVALID_INPUT: ${cause instanceof ZodError ? issuesOf(cause) : error.message}`,
      };
    case "NOT_FOUND":
    // What HTTP says of a procedure that is asked for as something else than it is.
    case "METHOD_NOT_SUPPORTED":
      return { reason: "NOT_FOUND", message: `NOT_FOUND: ${error.message}` };
    case "PARSE_ERROR":
      return {
        reason: "INVALID_INPUT",
        message: `INVALID_INPUT: This is not a message of the protocol (${error.message}); PROTOCOL.md says what is.`,
      };
    default:
      return { reason: "INVALID_INPUT", message: `INVALID_INPUT: ${error.message}` };
  }
}
