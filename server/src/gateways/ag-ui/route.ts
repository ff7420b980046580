import { createHash } from "node:crypto";
import { contentToText, EventType, type RunAgentInput } from "@ag-ui/core";
import { RunAgentInputSchema } from "@ag-ui/core/schemas";
import { EventEncoder } from "@ag-ui/encoder";
import { StagewireError, type StartInput, startInputSchema } from "@stagewire/shared";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import * as z from "zod";
import { logFailure, parseInput, tellError } from "../errors.js";
import { createEventStream } from "../http/event-stream.js";
import type { Services } from "../services.js";
import { createTranslator } from "./translate.js";

/** What a client may say of the run beyond its task, under `forwardedProps.stagewire`. */
const forwardedSchema = z
  .object({ stagewire: startInputSchema.pick({ pipeline: true, options: true, parent: true }).exactOptional() })
  .nullish();

/** AG-UI over HTTP and server-sent events: one request starts a run and streams it. */
export function registerAgUi(app: FastifyInstance, { engine }: Services, logger: Logger): void {
  const encoder = new EventEncoder();
  app.post("/ag-ui", async (request, reply) => {
    const input = parseInput(RunAgentInputSchema, request.body) as RunAgentInput;
    const { runId } = await engine.start(startInputOf(input));
    const translator = createTranslator(input);
    const stream = createEventStream(reply);
    const { signal, ready } = stream;
    try {
      for await (const { events } of engine.watch({ runId, signal, ready })) {
        const translated = events.flatMap((event) => translator.translate(event));
        stream.write(translated.map((event) => encoder.encodeSSE(event)).join(""));
      }
    } catch (error) {
      if (!stream.opened) throw error;
      logFailure(logger, error, { runId });
      const { code, message } = tellError(error);
      // It ends whatever was open, and the stream; the run itself goes on.
      stream.write(encoder.encodeSSE({ type: EventType.RUN_ERROR, code, message }));
    }
    if (stream.opened) stream.end();
  });
}

/** The task is what the user said last. The same AG-UI run asked for again is the same run, from its start. */
function startInputOf({ threadId, runId, messages, forwardedProps }: RunAgentInput): StartInput {
  const said = messages.findLast(({ role }) => role === "user");
  if (said?.role !== "user") {
    throw new StagewireError("INVALID_INPUT", "messages: there is none of the user's: the task is the last one.");
  }
  const { stagewire } = parseInput(forwardedSchema, forwardedProps) ?? {};
  const key = createHash("sha256")
    .update(JSON.stringify([threadId, runId]))
    .digest("base64url");
  return { ...stagewire, task: contentToText(said.content), idempotencyKey: `ag-ui-${key}` };
}
