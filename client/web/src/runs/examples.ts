/** Tasks to try with one press. */
export const EXAMPLES: readonly { readonly title: string; readonly task: string }[] = [
  {
    title: "A URL shortener",
    task: "A URL shortener with an HTTP API, custom aliases, expiry dates and click counts. SQLite for storage, no external services.",
  },
  {
    title: "A rate limiter",
    task: "A rate limiter library in TypeScript: token bucket and sliding window behind one interface, in-memory and Redis stores, with tests.",
  },
  {
    title: "A CSV import",
    task: "A CSV import for contacts: validate each row, report errors with line numbers, skip duplicates by email address, and resume an interrupted import.",
  },
];
