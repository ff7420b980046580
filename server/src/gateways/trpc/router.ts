import {
  commandEnvelopeSchema,
  detailSchema,
  listInputSchema,
  type PipelineInfo,
  promptInputSchema,
  type RunEvent,
  runIdSchema,
  type RunSummary,
  type ServerInfo,
  type ServerUsage,
  StagewireError,
  startInputSchema,
} from "@stagewire/shared";
import { initTRPC, tracked, type TrackedEnvelope } from "@trpc/server";
import * as z from "zod";
import { pipelineInfo } from "../../pipelines/pipeline-info.js";
import { HEARTBEAT_MS } from "../http/event-stream.js";
import type { Context } from "./context.js";
import { publicError, toTrpcError } from "./errors.js";

/** Quiet ms after which a client takes a stream for dead: two heartbeats and a half. */
const SSE_SILENCE_MS = 40_000;

const t = initTRPC.context<Context>().create({
  sse: {
    ping: { enabled: true, intervalMs: HEARTBEAT_MS },
    client: { reconnectAfterInactivityMs: SSE_SILENCE_MS },
  },
  // Stack traces never leave the server.
  isDev: false,
  errorFormatter({ shape, error }) {
    const { message, ...told } = publicError(error);
    return { ...shape, message, data: { ...shape.data, ...told } };
  },
});

const procedure = t.procedure.use(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.cause instanceof StagewireError) throw toTrpcError(result.error.cause);
  return result;
});

/** Not limited in length: what is no cursor is answered with `CURSOR_UNRECOVERABLE`. */
const lastEventId = z.string().optional();

/** The router at `/trpc`. */
export const appRouter = t.router({
  runs: t.router({
    start: procedure.input(startInputSchema).mutation(({ ctx, input }) => ctx.engine.start(input)),

    get: procedure.input(z.object({ runId: runIdSchema })).query(({ ctx, input }) => ctx.engine.get(input.runId)),

    list: procedure.input(listInputSchema.optional()).query(({ ctx, input }) => ctx.engine.list(input ?? {})),

    prompt: procedure.input(promptInputSchema).query(({ ctx, input }) => ctx.engine.prompt(input)),

    control: procedure.input(commandEnvelopeSchema).mutation(({ ctx, input }) => ctx.engine.control(input, ctx.by)),

    events: procedure
      .input(z.object({ runId: runIdSchema, lastEventId, detail: detailSchema.optional() }))
      .subscription(async function* ({
        ctx,
        input,
        signal = never,
      }): AsyncGenerator<TrackedEnvelope<readonly RunEvent[]>, void> {
        const { runId, lastEventId: cursor, detail } = input;
        const leave = admit(ctx);
        try {
          for await (const frame of ctx.engine.watch({ runId, cursor, detail, signal, ready: ctx.ready })) {
            yield tracked(frame.cursor, frame.events);
          }
        } catch (error) {
          throw asTrpcError(error);
        } finally {
          leave();
        }
      }),

    feed: procedure.input(z.object({ lastEventId }).optional()).subscription(async function* ({
      ctx,
      input,
      signal = never,
    }): AsyncGenerator<TrackedEnvelope<readonly RunSummary[]>, void> {
      const leave = admit(ctx);
      try {
        for await (const frame of ctx.engine.feed({ cursor: input?.lastEventId, signal, ready: ctx.ready })) {
          yield tracked(frame.cursor, frame.runs);
        }
      } catch (error) {
        throw asTrpcError(error);
      } finally {
        leave();
      }
    }),
  }),

  pipelines: t.router({
    list: procedure.query(({ ctx }): PipelineInfo[] => ctx.engine.pipelines.map((pipeline) => pipelineInfo(pipeline))),
  }),

  server: t.router({
    info: procedure.query(({ ctx }): ServerInfo => ctx.info),

    usage: procedure.query(({ ctx }): Promise<ServerUsage> => ctx.engine.usage()),
  }),
});

/** What a tRPC client of this server is typed by. */
export type AppRouter = typeof appRouter;

/** A signal for callers that give none: they are never aborted. */
const never = new AbortController().signal;

function admit(ctx: Context): () => void {
  try {
    return ctx.subscribe();
  } catch (error) {
    throw asTrpcError(error);
  }
}

function asTrpcError(error: unknown): unknown {
  return error instanceof StagewireError ? toTrpcError(error) : error;
}
