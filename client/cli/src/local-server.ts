import { existsSync } from "node:fs";
import path from "node:path";
import type { StagewireServer } from "@stagewire/server";
import { StagewireError } from "@stagewire/shared";
import type { Context } from "./context.js";
import { misspelt } from "./misspelt.js";
import { findPortHolder } from "./port-holder.js";

export interface LocalServer {
  readonly server: StagewireServer;
  /** Where the run log is, as it was configured: its folder, or its Redis without a password. */
  readonly data: string;
  /** False for one that is there for its work alone: it has no page and no doors. */
  readonly doors: boolean;
  /** True where the run log is a Redis: other servers on it go on with what this one leaves, where there are any. */
  readonly shared: boolean;
}

export interface LocalServerOptions {
  /** Takes any free port instead of failing when the configured one is in use. */
  readonly anyPort?: boolean;
  /** Keeps the server's own log out of the command's output, unless a log level was asked for. */
  readonly quietLog?: boolean;
  /** Serves and works, whatever `role` says of the servers of this machine. */
  readonly everyRole?: boolean;
}

/** Starts a server in this process, configured by flags, environment and config file. */
export async function startLocalServer(context: Context, options: LocalServerOptions = {}): Promise<LocalServer> {
  const [{ createServer, displayUrl, loadConfig }, webRoot] = await Promise.all([
    import("@stagewire/server"),
    findWebRoot(),
  ]);
  const { config, sources } = await loadConfig({
    flags: { ...context.args.serverFlags, ...(options.everyRole && { role: "api,worker" }) },
    env: context.env,
    cwd: context.cwd,
  });
  if (!context.args.values.quiet) for (const line of await misspelt(context.env)) context.err.write(`${line}\n`);
  const quiet = options.quietLog === true && sources.logLevel === "default";
  const settings = {
    ...config,
    ...(quiet && { logLevel: "silent" as const }),
    ...(webRoot !== undefined && { webRoot }),
  };
  const data = config.redisUrl === undefined ? config.data : displayUrl(config.redisUrl);
  const facts = { data, doors: config.role.includes("api"), shared: config.redisUrl !== undefined };
  try {
    return { server: await createServer(settings), ...facts };
  } catch (error) {
    if (!(error instanceof StagewireError) || error.code !== "PORT_IN_USE") throw error;
    if (!options.anyPort) throw await portTaken(config.port, context.env, error);
  }
  return { server: await createServer({ ...settings, port: 0 }), ...facts };
}

/** The page's files, where they have been built. */
export async function findWebRoot(): Promise<string | undefined> {
  const { webRoot } = await import("@stagewire/web");
  return existsSync(path.join(webRoot, "index.html")) ? webRoot : undefined;
}

/** Says who has the port, and which one to take instead. */
export async function portTaken(port: number, env: Context["env"], cause: unknown): Promise<StagewireError> {
  const holder = await findPortHolder(port);
  const by = holder ? `${holder.name} (pid ${holder.pid})` : "another program";
  const other = port < 65_535 ? port + 1 : port - 1;
  // npm keeps a flag for itself unless it stands behind `--`.
  const flag = `${env["npm_lifecycle_event"] === "start" ? "npm start -- " : ""}--port ${other}`;
  return new StagewireError("PORT_IN_USE", `${port} is used by ${by}: use \`${flag}\``, { cause });
}
