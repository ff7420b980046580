import { StagewireError } from "@stagewire/shared";

/** SQLite's own code, such as `SQLITE_BUSY`; `undefined` when the driver gave none. */
export function sqliteCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code !== "" ? code : undefined;
}

/** For a call on an open log that SQLite failed. Names no path: clients see it. */
export function logUnavailable(error: unknown): StagewireError {
  if (error instanceof StagewireError) return error;
  return new StagewireError(
    "LOG_UNAVAILABLE",
    "The run log failed: nothing of this call was stored. Try again; the server's log has the cause.",
    { cause: error },
  );
}

export function logClosed(): StagewireError {
  return new StagewireError("LOG_UNAVAILABLE", "The run log is closed: the server is stopping. Try again in a moment.");
}
