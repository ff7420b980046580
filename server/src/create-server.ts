import { type ServerInfo, StagewireError, WEBHOOK_EVENTS } from "@stagewire/shared";
import type { FastifyInstance } from "fastify";
import { type Logger, pino } from "pino";
import { type Closers, createClosers } from "./closers.js";
import { checkSettings, unknownSettings } from "./config/check-settings.js";
import type { Config, ConfigInput } from "./config/schema.js";
import { displayUrl } from "./display-url.js";
import type { Cluster } from "./engine/cluster.js";
import { createEngine, type Engine } from "./engine/engine.js";
import type { RunHooks } from "./engine/hooks.js";
import { createHttpApp } from "./gateways/http/app.js";
import { createOriginCheck, isLoopback } from "./gateways/http/origin-check.js";
import { createUpgrades, type Upgrades } from "./gateways/http/upgrades.js";
import { createSocketIo } from "./gateways/socket-io/gateway.js";
import { createTrpcSockets } from "./gateways/trpc/web-socket.js";
import { createWebhooks, type WebhooksOptions } from "./gateways/webhooks/webhooks.js";
import { type LogFull, openRedisLog, openSqliteLog, type RunLog } from "./log/index.js";
import { createModel, type ModelDriver } from "./models/index.js";
import { buildPipeline, definePipeline, type Pipeline } from "./pipelines/index.js";
import { VERSION } from "./version.js";

/** Ms that a server that ends gives webhooks for what has just happened; what they can't deliver, the next one does. */
const LAST_WEBHOOKS_MS = 5_000;

/** What `createServer` takes: any setting, and what only code can give. */
export interface ServerOptions extends ConfigInput {
  /** Folder of the built web app. Without it the server has no page. */
  webRoot?: string;
  /** A run log of your own instead of the one in the folder `data`. It is yours: the server does not close it. */
  log?: RunLog;
  /** Where model calls go, instead of a server that speaks the OpenAI protocol. It is yours: the server does not close it. */
  modelDriver?: ModelDriver;
  /** Called as runs of this server go on. */
  hooks?: RunHooks;
}

/** A server that listens. */
export interface StagewireServer extends AsyncDisposable {
  /** e.g. `http://127.0.0.1:4400`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly info: ServerInfo;
  readonly engine: Engine;
  /**
   * Stops in good order: takes no more runs, lets steps that run end (at most `drainMs`), tells clients to reconnect,
   * then closes. What is not finished goes on at the next start, and on a shared Redis at the other servers.
   */
  shutdown(): Promise<void>;
  /** Closes sockets, stops work (the next server on the same data goes on with it), closes the log. Twice is fine. */
  close(): Promise<void>;
}

/**
 * Starts a server: opens the log, goes on with runs that are not closed, listens.
 * Rejects with `CONFIG_INVALID` (a line for each wrong setting: key, value and what is allowed), `DATA_UNAVAILABLE`,
 * `PORT_IN_USE` or a `MODEL_` code; nothing is left open then.
 */
export async function createServer(options: ServerOptions = {}): Promise<StagewireServer> {
  return await openWith(options, async (config, given, logger, opened) => {
    checkBind(config.host);
    const { engine, info, app, upgrades } = await openDoors(config, given, logger, opened);
    app.server.on("upgrade", upgrades.handle);
    const { host, port } = await listen(app, config);
    return {
      url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
      host,
      port,
      info,
      engine,
      async shutdown() {
        await engine.drain(config.drainMs);
        await opened.close();
      },
      close: () => opened.close(),
      [Symbol.asyncDispose]: () => opened.close(),
    };
  });
}

type Open<T> = (config: Config, given: Given, logger: Logger, opened: Closers) => Promise<T>;

/** Calls `open` with checked settings; what it had opened is closed again when it fails. */
export async function openWith<T>(options: ServerOptions, open: Open<T>): Promise<T> {
  const { webRoot, log, modelDriver, hooks, ...input } = options;
  const config = parseConfig(input);
  const logger = pino(
    {
      level: config.logLevel,
      redact: ["*.openaiApiKey", "*.redisUrl", "*.webhookSecret", "*.secret", "*.token", "*.authorization"],
    },
    pino.destination(2),
  );
  const opened = createClosers();
  try {
    return await open(config, { webRoot, log, modelDriver, hooks }, logger, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What is no setting, but given by the program that embeds the server. */
interface Given {
  readonly webRoot: string | undefined;
  readonly log: RunLog | undefined;
  readonly modelDriver: ModelDriver | undefined;
  readonly hooks: RunHooks | undefined;
}

/** A server without a port. */
interface Doors {
  readonly engine: Engine;
  readonly info: ServerInfo;
  readonly app: FastifyInstance;
  readonly upgrades: Upgrades;
}

export async function openDoors(
  config: Config,
  { webRoot, log: given, modelDriver, hooks }: Given,
  logger: Logger,
  opened: Closers,
): Promise<Doors> {
  const model = modelDriver ?? opened.use(await createModel(config));
  const serves = config.role.includes("api");
  const { log, cluster } = given ? { log: given, cluster: undefined } : await openLog(config, logger, opened);
  const own = config.pipelines.map((pipeline) => definePipeline(pipeline));
  checkUnique(own);
  // The first is the default; an own pipeline of the same id takes its place.
  const build = own.find(({ id }) => id === buildPipeline.id) ?? buildPipeline;
  const pipelines = [build, ...own.filter((pipeline) => pipeline !== build)];
  const engine = opened.use(await createEngine({ ...config, log, cluster, model, pipelines, hooks, logger }));

  const info = serverInfo(config, model.info);
  const services = { engine, info, maxSubscriptionsPerSocket: config.maxSubscriptionsPerSocket };
  const { maxMessageBytes } = config;
  const check = createOriginCheck(config.host, config.allowedHosts);
  const socketIo = createSocketIo({ ...services, maxMessageBytes, logger });
  const app = await createHttpApp({ ...services, webRoot, doors: serves, maxMessageBytes, logger, check, socketIo });
  opened.defer(() => app.close());
  const sockets = createTrpcSockets({ ...services, maxMessageBytes, logger });
  opened.defer(() => sockets.close());
  opened.defer(() => socketIo.close());
  const sendWebhooks = (): AsyncDisposable => {
    const webhooks = createWebhooks({ endpoints: endpointsOf(config), log, logger });
    return { [Symbol.asyncDispose]: () => webhooks.close(LAST_WEBHOOKS_MS) };
  };
  if (cluster) cluster.whileLeading(sendWebhooks);
  else opened.use(sendWebhooks());
  const upgrades = createUpgrades(check, serves ? { "/trpc": sockets.upgrade, "/socket.io": socketIo.upgrade } : {});
  return { engine, info, app, upgrades };
}

/** The log, and where it is a Redis, the servers that share it. */
async function openLog(
  { data, redisUrl, role, maxConcurrentRuns }: Config,
  logger: Logger,
  opened: Closers,
): Promise<{ log: RunLog; cluster: Cluster | undefined }> {
  if (redisUrl === undefined) {
    const log = await openSqliteLog({
      dir: data,
      onFull: (full, err) =>
        tellFull(full, logger, {
          began: [{ data, err }, "the disk of the run log is full: runs pause until there is room"],
          ended: "no longer waiting for room on the disk",
        }),
    });
    return { log: opened.use(log), cluster: undefined };
  }
  const log = await openRedisLog({
    url: redisUrl,
    onFull: (full, err) =>
      tellFull(full, logger, {
        began: [{ redis: displayUrl(redisUrl), err }, `runs pause: ${full.error.message}`],
        ended: "the run log's Redis takes appends again",
      }),
    onWarning: ({ message }) => logger.warn(`the run log's Redis: ${message}`),
    onListenerError: (err) => logger.error({ err }, "hearing of an append failed"),
  });
  opened.use(log);
  // Loaded here alone: a server without Redis starts, and comes back after a crash, sooner without it.
  const { createCluster } = await import("./cluster/create-cluster.js");
  const concurrency = role.includes("worker") ? maxConcurrentRuns : 0;
  return { log, cluster: opened.use(createCluster({ log, concurrency, logger })) };
}

function endpointsOf({ webhooks, webhookUrl, webhookSecret }: Config): WebhooksOptions["endpoints"] {
  const one =
    webhookUrl !== undefined && webhookSecret !== undefined
      ? [{ url: webhookUrl, secret: webhookSecret, events: WEBHOOK_EVENTS }]
      : [];
  return [...webhooks, ...one].map((endpoint) => ({ ...endpoint, name: displayUrl(endpoint.url) }));
}

function parseConfig(input: ConfigInput): Config {
  const { config, problems, error } = checkSettings({ ...input });
  const unknown = unknownSettings({ ...input }).map(({ told }) => told);
  if (config !== undefined && problems.length === 0) return config;
  throw new StagewireError("CONFIG_INVALID", [...unknown, ...problems].join("\n"), { cause: error });
}

/** Once for all runs that wait because of it. */
function tellFull(
  { over }: LogFull,
  logger: Logger,
  { began, ended }: { began: [details: object, message: string]; ended: string },
): void {
  const since = performance.now();
  logger.error(...began);
  void over.then(() => logger.warn({ afterMs: Math.round(performance.now() - since) }, ended));
}

function checkUnique(pipelines: readonly Pipeline[]): void {
  const ids = pipelines.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice === undefined) return;
  throw new StagewireError("CONFIG_INVALID", `pipelines: two have the id ${JSON.stringify(twice)}: give each its own.`);
}

/** Throws `CONFIG_INVALID` for an address that others could reach. */
export function checkBind(host: string): void {
  if (isLoopback(host)) return;
  throw new StagewireError(
    "CONFIG_INVALID",
    `will not listen on ${host} without auth: bind 127.0.0.1 and put a reverse proxy that authenticates in front of it.`,
  );
}

function serverInfo(config: Config, model: ServerInfo["model"]): ServerInfo {
  const { maxConcurrentRuns, maxTaskBytes, maxMessageBytes, maxRefinements } = config;
  return {
    name: "stagewire",
    version: VERSION,
    protocol: 1,
    model,
    limits: { maxConcurrentRuns, maxTaskBytes, maxMessageBytes, maxRefinements },
    auth: { required: false },
  };
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<{ host: string; port: number }> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE") {
      throw new StagewireError(
        "PORT_IN_USE",
        `port ${port} on ${host} is in use: use --port ${port + 1}, or stop what listens there.`,
        {
          cause: error,
        },
      );
    }
    if (code === "EACCES" || code === "EADDRNOTAVAIL") {
      throw new StagewireError(
        "CONFIG_INVALID",
        `can't listen on ${host}:${port} (${code}): choose another --host or --port.`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
  const address = app.server.address();
  return { host, port: typeof address === "object" && address ? address.port : port };
}
