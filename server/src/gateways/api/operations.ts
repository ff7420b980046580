import {
  ackSchema,
  commandEnvelopeSchema,
  commandIdSchema,
  detailSchema,
  type ErrorCode,
  listInputSchema,
  runEventSchema,
  startInputSchema,
  startResultSchema,
} from "@stagewire/shared";
import * as z from "zod";
import { listResultSchema, runViewSchema } from "./view-schema.js";

/** One answer of an operation. Without a schema it has no body. */
export interface Answer {
  readonly text: string;
  readonly schema?: z.ZodType;
  /** @default "application/json" */
  readonly type?: "application/json" | "text/event-stream";
}

/** A field of the query or a header. */
export interface Parameter {
  readonly name: string;
  readonly in: "query" | "header";
  readonly text: string;
  readonly schema: z.ZodType;
}

/** What one address answers: the OpenAPI document and the reference page are made of this. */
export interface Operation {
  readonly method: "GET" | "POST";
  /** With `{runId}` where the run's id stands. */
  readonly path: string;
  readonly summary: string;
  readonly text: string;
  readonly parameters: readonly Parameter[];
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly errors: readonly ErrorCode[];
  /** Of `curl`, with `$URL` for the server's address. */
  readonly example: string;
}

/** Not limited in length: what is no cursor is answered with `CURSOR_UNRECOVERABLE`. */
const cursor = z.string();

/** Unknown names are refused: a cursor under a misspelt name would silently begin from the start. */
export const eventsQuerySchema = z.strictObject({
  lastEventId: cursor.exactOptional(),
  detail: detailSchema.exactOptional(),
});

/** In an address everything is text. */
export const listQuerySchema = z.strictObject({
  ...listInputSchema.shape,
  limit: z.coerce.number().pipe(listInputSchema.shape.limit.unwrap()).exactOptional(),
});

/** The body of a command: its `runId` is in the address, its `commandId` may be in `Idempotency-Key`. */
const controlBodySchema = z.object({
  commandId: commandIdSchema.exactOptional(),
  command: commandEnvelopeSchema.shape.command,
});

const idempotencyKey = (schema: z.ZodType, text: string): Parameter => ({
  name: "Idempotency-Key",
  in: "header",
  text,
  schema,
});

export const OPERATIONS = {
  startRun: {
    method: "POST",
    path: "/api/runs",
    summary: "Start a run",
    text: "Answers as soon as the run is in the log; it goes on by itself, watched or not.",
    parameters: [
      idempotencyKey(
        startInputSchema.shape.idempotencyKey.unwrap(),
        "The same as `idempotencyKey` in the body: the same key twice starts one run, and answers with it both times.",
      ),
    ],
    body: startInputSchema,
    answers: {
      201: { text: "The run was created. `Location` is its address.", schema: startResultSchema },
      200: { text: "The idempotency key had started this run before.", schema: startResultSchema },
    },
    errors: ["INVALID_INPUT", "RUN_NOT_FOUND", "PIPELINE_NOT_FOUND", "SHUTTING_DOWN", "LOG_UNAVAILABLE"],
    example: `curl $URL/api/runs -H 'Content-Type: application/json' -d '{"task": "a URL shortener"}'`,
  },
  listRuns: {
    method: "GET",
    path: "/api/runs",
    summary: "List runs",
    text: "Newest first, page by page.",
    parameters: [
      { name: "status", in: "query", text: "Only runs with this status.", schema: listInputSchema.shape.status },
      { name: "limit", in: "query", text: "Runs on a page; 50 if not given.", schema: listInputSchema.shape.limit },
      {
        name: "cursor",
        in: "query",
        text: "`nextCursor` of the page before. The last page has none.",
        schema: listInputSchema.shape.cursor,
      },
    ],
    answers: { 200: { text: "A page of summaries.", schema: listResultSchema } },
    errors: ["INVALID_INPUT", "CURSOR_UNRECOVERABLE", "LOG_UNAVAILABLE"],
    example: "curl '$URL/api/runs?status=running&limit=10'",
  },
  getRun: {
    method: "GET",
    path: "/api/runs/{runId}",
    summary: "Get a run",
    text: "The whole log, folded: every step with its text, what was steered, what failed, what it used.",
    parameters: [],
    answers: { 200: { text: "The run as it is now.", schema: runViewSchema } },
    errors: ["INVALID_INPUT", "RUN_NOT_FOUND", "LOG_UNAVAILABLE"],
    example: "curl $URL/api/runs/$RUN",
  },
  watchRun: {
    method: "GET",
    path: "/api/runs/{runId}/events",
    summary: "Watch a run",
    text:
      "Server-sent events: what is past, compacted, then each event as it happens, and the end of the stream after " +
      "`run_complete`. Each message has one event in `data` and the cursor behind it in `id`. Whoever comes back " +
      "with that cursor goes on right behind it; `EventSource` does so by itself. A comment comes every 15 s.",
    parameters: [
      { name: "Last-Event-ID", in: "header", text: "Goes on behind this cursor. Wins over the query.", schema: cursor },
      { name: "lastEventId", in: "query", text: "The same, for the first connection.", schema: cursor },
      {
        name: "detail",
        in: "query",
        text: "`stages` leaves out all tokens. `tokens` if not given.",
        schema: detailSchema,
      },
    ],
    answers: {
      200: { text: "The stream. The schema is that of one `data`.", schema: runEventSchema, type: "text/event-stream" },
      204: { text: "The run has ended at this cursor: nothing will follow. It ends `EventSource`'s reconnecting." },
    },
    errors: ["INVALID_INPUT", "RUN_NOT_FOUND", "CURSOR_UNRECOVERABLE", "LOG_UNAVAILABLE"],
    example: "curl -N $URL/api/runs/$RUN/events",
  },
  controlRun: {
    method: "POST",
    path: "/api/runs/{runId}/control",
    summary: "Steer a run",
    text:
      "Cancel, skip, pause, resume, guide. Answers after the command is in the log; a cancel or skip of what runs " +
      "answers after the connection to the model was closed. A command that came too late is no error: its outcome is `rejected`.",
    parameters: [
      idempotencyKey(
        commandIdSchema,
        "The same as `commandId` in the body; one of the two must be given. The same id twice acts once, and gives the same answer.",
      ),
    ],
    body: controlBodySchema,
    answers: { 200: { text: "What came of the command.", schema: ackSchema } },
    errors: ["INVALID_INPUT", "RUN_NOT_FOUND", "LOG_UNAVAILABLE"],
    example:
      `curl $URL/api/runs/$RUN/control -H 'Content-Type: application/json' ` +
      `-d '{"commandId": "c-1", "command": {"type": "cancel", "when": "now"}}'`,
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof OPERATIONS;
