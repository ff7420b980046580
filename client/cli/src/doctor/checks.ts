import { once } from "node:events";
import { createServer } from "node:net";
import type { Config, LoadedConfig } from "@stagewire/server";
import { StagewireError } from "@stagewire/shared";
import { connect, probe } from "../connect.js";
import type { Context } from "../context.js";
import { isStagewire, PROXY_ADVICE } from "../diagnose.js";
import { systemCode } from "../errors.js";
import { findWebRoot, portTaken } from "../local-server.js";
import { misspelt } from "../misspelt.js";
import { findPortHolder } from "../port-holder.js";
import { PROGRAM } from "../program.js";
import { modelName } from "../render/format.js";
import { targetOf } from "../target.js";
import { type Finding, note, ok, problem } from "./check.js";

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** The settings that a server would start with here; a problem instead where they are wrong. */
export async function checkConfig({ args, env, cwd }: Context): Promise<LoadedConfig | Finding> {
  const { loadConfig } = await import("@stagewire/server");
  try {
    return await loadConfig({ flags: args.serverFlags, env, cwd });
  } catch (error) {
    return problem("config", error);
  }
}

/** Where the settings come from, and which names in the environment look like a setting's and are none. */
export async function describeConfig({ sources, configFile }: LoadedConfig, env: Context["env"]): Promise<Finding> {
  const unread = await misspelt(env);
  const given = Object.values(sources).filter((source) => source !== "default").length;
  const file = configFile === undefined ? "no config file here" : configFile;
  const settings = given === 1 ? "1 setting" : `${given} settings`;
  const found = `${file}; ${settings} given (\`${PROGRAM} config\` lists them)`;
  return unread.length === 0 ? ok("config", found) : note("config", [found, ...unread].join("\n"));
}

/** Whether the address is one that a server may listen on. */
export async function checkHost({ host }: Config): Promise<Finding> {
  const { checkBind } = await import("@stagewire/server");
  try {
    checkBind(host);
    return ok("host", `${host}, which only this machine reaches`);
  } catch (error) {
    return problem("host", error);
  }
}

/** Whether the port is free. `ours` is true where a stagewire server has it. */
export async function checkPort({ host, port }: Config, env: Context["env"]): Promise<Finding & { ours?: boolean }> {
  const server = createServer();
  try {
    await once(server.listen({ host, port }), "listening");
    return ok("port", port === 0 ? "any free one" : `${port} is free`);
  } catch (error) {
    const code = systemCode(error);
    if (code !== "EADDRINUSE") {
      const what = `can't listen on ${host}:${port} (${code ?? String(error)}): choose another --host or --port`;
      return problem("port", new StagewireError("CONFIG_INVALID", what));
    }
    if (await isStagewire(`http://${host.includes(":") ? `[${host}]` : host}:${port}`))
      return { ...ok("port", `${port} has a stagewire server already`), ours: true };
    return problem("port", await portTaken(port, env, error));
  } finally {
    server.close();
  }
}

/** Whether the place of the run log can be used. A server that runs here may have it, or the one that `pid` is. */
export async function checkData({ data, redisUrl }: Config, serverRuns: boolean, pid?: number): Promise<Finding> {
  if (redisUrl !== undefined) return checkRedisLog(redisUrl);
  const { checkDataFolder } = await import("@stagewire/server");
  try {
    checkDataFolder(data);
    return ok("data", data);
  } catch (error) {
    const by = !(error instanceof Error) ? "" : (/ in use by (.*?): stop it/.exec(error.message)?.[1] ?? "");
    return by !== "" && (serverRuns || by === `pid ${pid}`)
      ? ok("data", `${data}, in use by the server that runs`)
      : problem("data", error);
  }
}

/** The process of the stagewire server on this machine that commands are told to talk to, as far as the system tells. */
export async function ownServer(context: Context): Promise<number | undefined> {
  try {
    const { url, given } = targetOf(context);
    const { hostname, port } = new URL(url);
    if (!given || !(LOOPBACK.has(hostname) && (await isStagewire(url)))) return undefined;
    return (await findPortHolder(Number(port || 80)))?.pid;
  } catch {
    // An address that is none is what the check of the server tells.
    return undefined;
  }
}

async function checkRedisLog(redisUrl: string): Promise<Finding> {
  const { checkRedis, displayUrl } = await import("@stagewire/server");
  try {
    const warnings = await checkRedis(redisUrl);
    const where = `the Redis at ${displayUrl(redisUrl)}`;
    if (warnings.length === 0) return ok("data", where);
    return note("data", [where, ...warnings.map(({ message }) => message)].join("\n"));
  } catch (error) {
    return problem("data", error);
  }
}

/** Whether the page was built. */
export async function checkPage(): Promise<Finding> {
  if ((await findWebRoot()) !== undefined) return ok("page", "built");
  return note("page", "not built, so the server has no page: run `npm run build`");
}

/** Asks the model's server about address, key and names, without using a model. */
export async function checkModelServer(config: Config): Promise<Finding> {
  const { checkModel, displayUrl } = await import("@stagewire/server");
  try {
    const { kind, name, listed } = await checkModel(config);
    if (kind === "demo") return note("model", modelName({ kind, name: "demo" }));
    if (name === undefined) {
      const what = "no model is set, and the model's server names none: set STAGEWIRE_MODEL to a model's name";
      return problem("model", new StagewireError("CONFIG_INVALID", what));
    }
    const { openaiBaseUrl } = config;
    const where = modelName({
      kind,
      name,
      ...(openaiBaseUrl !== undefined && { baseUrl: displayUrl(openaiBaseUrl) }),
    });
    return listed ? ok("model", where) : note("model", `${where}, which lists no models: the name was not checked`);
  } catch (error) {
    return problem("model", error);
  }
}

/** Whether the server that commands talk to answers, over a WebSocket too. */
export async function checkServer(context: Context): Promise<Finding> {
  try {
    const target = targetOf(context);
    const nobody = await probe(target);
    if (nobody) return target.given ? problem("server", nobody) : note("server", nobody.message);
    await using connection = await connect(target);
    const { info, url, detour } = connection;
    const model = modelName(info.model);
    if (detour !== undefined)
      return note("server", `stagewire ${info.version} answers at ${url}; model ${model}\n${detour}\n${PROXY_ADVICE}`);
    const found = `stagewire ${info.version} answers at ${url}, by WebSocket too; model ${model}`;
    if (info.version === context.version) return ok("server", found);
    return note("server", `${found}; this command is ${context.version}`);
  } catch (error) {
    return problem("server", error);
  }
}
