import { commandEnvelopeSchema, runIdSchema, StagewireError, startInputSchema } from "@stagewire/shared";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { parseInput } from "../errors.js";
import { OPERATOR, type Services } from "../services.js";
import { createOpenApi } from "./openapi.js";
import { eventsQuerySchema, listQuerySchema, type Operation, type OperationId, OPERATIONS } from "./operations.js";
import { REFERENCE_CSS } from "./reference-css.js";
import { referencePage } from "./reference-page.js";
import { streamRun } from "./run-events.js";

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** The HTTP API under `/api`, with its description for machines and for people. */
export function registerApi(app: FastifyInstance, { engine, info }: Services, logger: Logger): void {
  const handlers: Record<OperationId, Handler> = {
    async startRun(request, reply) {
      const body = withKey(request, "idempotencyKey");
      const result = await engine.start(parseInput(startInputSchema, body));
      reply.code(result.created ? 201 : 200).header("location", `/api/runs/${result.runId}`);
      return result;
    },
    listRuns: (request) => engine.list(parseInput(listQuerySchema, request.query)),
    getRun: (request) => engine.get(runIdOf(request)),
    async watchRun(request, reply) {
      const { lastEventId, detail } = parseInput(eventsQuerySchema, request.query);
      // What `EventSource` sends when it comes back is newer than the address that it was made with.
      const cursor = headerOf(request, "last-event-id") ?? lastEventId;
      await streamRun(reply, engine, { runId: runIdOf(request), cursor, detail }, logger);
    },
    async controlRun(request) {
      const runId = runIdOf(request);
      const body = withKey(request, "commandId");
      const envelope = parseInput(commandEnvelopeSchema, isObject(body) ? { runId, ...body } : body);
      if (envelope.runId !== runId) {
        throw invalid(`runId: the address says ${JSON.stringify(runId)}, the body ${JSON.stringify(envelope.runId)}.`);
      }
      return engine.control(envelope, OPERATOR);
    },
  };
  for (const [id, { method, path }] of Object.entries<Operation>(OPERATIONS)) {
    const handler = handlers[id as OperationId];
    // A stream has no head to ask for: it would be watched for nobody.
    app.route({ method, url: path.replace("{runId}", ":runId"), exposeHeadRoute: false, handler });
  }

  const document = createOpenApi(info.version);
  const openApi = JSON.stringify(document);
  const page = referencePage(document);
  app.get("/api/openapi.json", (_request, reply) => reply.type("application/json; charset=utf-8").send(openApi));
  app.get("/api", (_request, reply) => reply.type("text/html; charset=utf-8").send(page));
  app.get("/api/reference.css", (_request, reply) => reply.type("text/css; charset=utf-8").send(REFERENCE_CSS));
}

function runIdOf(request: FastifyRequest): string {
  const { runId } = request.params as { runId?: unknown };
  return parseInput(runIdSchema, runId);
}

/** The body, with the request's `Idempotency-Key` in the field that it stands for. */
function withKey(request: FastifyRequest, field: "idempotencyKey" | "commandId"): unknown {
  const { body } = request;
  const key = headerOf(request, "idempotency-key");
  if (key === undefined || !isObject(body)) return body;
  const own = body[field];
  if (own !== undefined && own !== key) {
    throw invalid(`${field}: the body says ${JSON.stringify(own)}, the header Idempotency-Key ${JSON.stringify(key)}.`);
  }
  return { ...body, [field]: key };
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string): StagewireError {
  return new StagewireError("INVALID_INPUT", `${message} Send one of them, or the same twice.`);
}
