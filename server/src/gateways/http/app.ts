import { join } from "node:path";
import helmet from "@fastify/helmet";
import fastifyStatic from "@fastify/static";
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from "@trpc/server/adapters/fastify";
import { ERROR_CODES, StagewireError } from "@stagewire/shared";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Logger } from "pino";
import { registerAgUi } from "../ag-ui/route.js";
import { registerApi } from "../api/routes.js";
import { logFailure, tellError } from "../errors.js";
import type { Services } from "../services.js";
import type { SocketIoGateway } from "../socket-io/gateway.js";
import { createContext, MAX_BATCH_SIZE } from "../trpc/context.js";
import { failureOf } from "../trpc/errors.js";
import { type AppRouter, appRouter } from "../trpc/router.js";
import { giveUpStalled } from "./response-outlet.js";

export interface HttpAppOptions extends Services {
  /** Folder of the built web app; without it `/` says where to find the API. */
  readonly webRoot?: string | undefined;
  /** False leaves health alone: this server is there for its work. */
  readonly doors: boolean;
  readonly maxMessageBytes: number;
  readonly logger: Logger;
  /** Says why a request must not be served, or nothing. */
  readonly check: (headers: Record<string, string | string[] | undefined>) => string | undefined;
  readonly socketIo?: Pick<SocketIoGateway, "request"> | undefined;
}

/** Everything that is served over plain HTTP: tRPC, the API, health, and the web app. */
export async function createHttpApp(options: HttpAppOptions): Promise<FastifyInstance> {
  const { webRoot, doors, maxMessageBytes, logger, check, socketIo, ...services } = options;
  const answerError = (error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply) => {
    // Of the folder of the page: an address that it does not give out is not there.
    if (error.statusCode === 403) return sendError(reply, nothingAt(request.url));
    const told = asStagewireError(error);
    logFailure(logger, told, { url: request.url });
    return sendError(reply, told, error.statusCode);
  };
  const app = fastify({
    bodyLimit: maxMessageBytes,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 5_000 },
    // An address that can't be decoded has no route, and the error handler is one of routes.
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  });

  // Bodies are JSON: text would come as such, and be refused for what it is not.
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler(answerError);
  app.addHook("onRequest", async (request) => {
    const refusal = check(request.headers);
    if (refusal) throw new StagewireError("FORBIDDEN", refusal);
  });
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) =>
    services.engine.stopping ? reply.code(503).send({ status: "stopping" }) : { status: "ok" },
  );
  if (!doors) {
    app.setNotFoundHandler((request, reply) => sendError(reply, nothingAt(request.url)));
    return app;
  }
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        connectSrc: ["'self'", "ws:", "wss:"],
        imgSrc: ["'self'", "data:"],
        styleSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The server speaks plain HTTP; a proxy that adds TLS adds this too.
    hsts: false,
  });
  await app.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    trpcOptions: {
      router: appRouter,
      maxBatchSize: MAX_BATCH_SIZE,
      createContext({ res, info }) {
        if (info.type === "subscription") giveUpStalled(res.raw);
        return createContext(services);
      },
      onError: ({ error, path }) => logFailure(logger, failureOf(error), { path }),
    } satisfies FastifyTRPCPluginOptions<AppRouter>["trpcOptions"],
  });

  registerApi(app, services, logger);
  registerAgUi(app, services, logger);
  if (socketIo)
    await app.register((scope, _options, done) => {
      // Socket.IO reads the bodies of its long polling itself.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser("*", (_request, _payload, parsed) => parsed(null));
      scope.all("/socket.io/*", (request, reply) => {
        reply.hijack();
        socketIo.request(request.raw, reply.raw);
      });
      done();
    });

  if (webRoot === undefined) {
    const { name, version } = services.info;
    app.get("/", () => ({ name, version, trpc: "/trpc", api: "/api" }));
    app.setNotFoundHandler((request, reply) => sendError(reply, nothingAt(request.url)));
  } else {
    // Only what the build named by its content may be kept for good.
    const assets = join(webRoot, "assets");
    await app.register(fastifyStatic, {
      root: webRoot,
      index: false,
      cacheControl: false,
      setHeaders(response, path) {
        response.header("cache-control", path.startsWith(assets) ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
    // The page's own addresses: it reads them itself.
    for (const url of ["/", "/runs", "/runs/*"]) app.get(url, (_request, reply) => reply.sendFile("index.html"));
    app.setNotFoundHandler((request, reply) => {
      const page = request.method === "GET" && request.headers.accept?.includes("text/html");
      return page ? reply.code(404).sendFile("index.html") : sendError(reply, nothingAt(request.url));
    });
  }
  return app;
}

function nothingAt(url: string): StagewireError {
  return new StagewireError("NOT_FOUND", `There is nothing at ${url.slice(0, 200)}.`);
}

/** Fastify's own refusals are mistakes of the caller, and have a status of their own. */
function asStagewireError(error: Error & { statusCode?: number }): unknown {
  const { statusCode = 500, message } = error;
  if (error instanceof StagewireError || statusCode >= 500) return error;
  const told =
    statusCode === 415 ? "The body must be JSON: send it with Content-Type: application/json." : `${message}.`;
  return new StagewireError("INVALID_INPUT", told);
}

function sendError(reply: FastifyReply, thrown: unknown, status?: number): FastifyReply {
  const error = tellError(thrown);
  if (error.retryAfterMs !== undefined) reply.header("retry-after", Math.ceil(error.retryAfterMs / 1_000));
  return reply.code(status ?? ERROR_CODES[error.code].status).send({ error });
}
