/** The first error code in the chain of causes, of Node or of its HTTP client. */
export function causeCode(thrown: unknown): string | undefined {
  let error = thrown;
  for (let depth = 0; depth < 5 && typeof error === "object" && error !== null; depth++) {
    if ("code" in error && typeof error.code === "string") return error.code;
    // undici leaves its code out at times.
    if (error instanceof Error && error.name === "HTTPParserError") return "HPE_INVALID";
    if (error instanceof AggregateError && error.errors.length > 0) error = error.errors[0];
    else error = "cause" in error ? error.cause : undefined;
  }
  return undefined;
}
