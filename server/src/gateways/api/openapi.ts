import {
  ackSchema,
  commandSchema,
  ERROR_CODES,
  type ErrorCode,
  parentSchema,
  pipelineInfoSchema,
  runEventSchema,
  runIdSchema,
  runOptionsSchema,
  runSummarySchema,
  startInputSchema,
  startResultSchema,
  usageSchema,
  verdictSchema,
} from "@stagewire/shared";
import * as z from "zod";
import { type Answer, type Operation, OPERATIONS } from "./operations.js";
import { controlViewSchema, errorViewSchema, runViewSchema, stepViewSchema } from "./view-schema.js";

/** What every error is told by. Codes that are not known yet may come: they are texts to a client. */
const errorBodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
    retryAfterMs: z.number().exactOptional(),
  }),
});

/** Schemas with a name of their own; everywhere else they are referred to. */
const NAMED = {
  StartInput: startInputSchema,
  StartResult: startResultSchema,
  RunOptions: runOptionsSchema,
  Parent: parentSchema,
  Pipeline: pipelineInfoSchema,
  RunSummary: runSummarySchema,
  RunView: runViewSchema,
  StepView: stepViewSchema,
  ControlView: controlViewSchema,
  ErrorView: errorViewSchema,
  RunEvent: runEventSchema,
  Command: commandSchema,
  Ack: ackSchema,
  Usage: usageSchema,
  Verdict: verdictSchema,
  Error: errorBodySchema,
} satisfies Record<string, z.ZodType>;

/** A JSON schema, or a reference to one. */
export type Schema = Readonly<Record<string, unknown>>;

/** The document, as far as it is read here. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: Readonly<Record<"title" | "version" | "description", string>> & { readonly license: object };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The OpenAPI 3.1 document of the HTTP API. */
export function createOpenApi(version: string): OpenApi {
  const { inline, components } = createSchemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, operation] of Object.entries<Operation>(OPERATIONS)) {
    const { method, path, summary, text, parameters, body, answers, errors } = operation;
    (paths[path] ??= {})[method.toLowerCase()] = {
      operationId,
      summary,
      description: text,
      parameters: [
        ...(path.includes("{runId}")
          ? [{ name: "runId", in: "path", required: true, schema: inline(runIdSchema) }]
          : []),
        ...parameters.map(({ name, in: place, text: description, schema }) => ({
          name,
          in: place,
          description,
          schema: inline(schema),
        })),
      ],
      ...(body && { requestBody: { required: true, content: { "application/json": { schema: inline(body) } } } }),
      responses: {
        ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer, inline)])),
        ...errorResponses(errors),
      },
    };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "stagewire",
      version,
      description:
        "Start, watch and steer staged LLM runs. PROTOCOL.md says what events mean and what a stream keeps to.",
      license: { name: "MIT", identifier: "MIT" },
    },
    paths,
    components: { schemas: components },
  };
}

/** Turns zod's schemas into JSON schemas that refer to the named ones. */
function createSchemas() {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const uri = (id: string) => `#/components/schemas/${id}`;
  // As input: what is answered may have more fields than are known today, which an output's schema would forbid.
  const options = { io: "input", uri, unrepresentable: "throw" } as const;
  const components = Object.fromEntries(
    Object.entries(z.toJSONSchema(registry, options).schemas).map(([id, schema]) => [id, bare(schema)]),
  );
  const names = new Map<z.ZodType, string>(Object.entries(NAMED).map(([id, schema]) => [schema, id]));
  const inline = (schema: z.ZodType): Schema => {
    const name = names.get(schema);
    if (name !== undefined) return { $ref: uri(name) };
    const once = z.registry<{ id: string }>();
    for (const [known, id] of names) once.add(known, { id });
    return bare(z.toJSONSchema(once.add(schema, { id: "_" }), options).schemas["_"] ?? {});
  };
  return { inline, components };
}

/** Without what only a document of its own needs. */
function bare(schema: Schema): Schema {
  const { $schema: _schema, $id: _id, ...rest } = schema;
  return rest;
}

function response({ text, schema, type = "application/json" }: Answer, inline: (schema: z.ZodType) => Schema) {
  return { description: text, ...(schema && { content: { [type]: { schema: inline(schema) } } }) };
}

/** By status, the codes that it may have. */
function errorResponses(codes: readonly ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of ["FORBIDDEN", "INTERNAL", ...codes] as const) {
    const { status } = ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { "application/json": { schema: { $ref: "#/components/schemas/Error" } } };
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      { description: names.map((name) => `\`${name}\``).join(", "), content },
    ]),
  );
}
