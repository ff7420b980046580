import type { ConfigKey, LoadedConfig } from "@stagewire/server";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { writeExit, writeJson } from "../json.js";
import { misspelt } from "../misspelt.js";
import { createPaint } from "../render/paint.js";
import { plain } from "../render/plain.js";
import { targetOf } from "../target.js";

/** In the place of a value that is not set. */
const NONE = "–";

interface Setting {
  readonly key: string;
  readonly value: string;
  readonly source: string;
}

interface Masks {
  displayUrl(this: void, url: string): string;
  maskKey(this: void, key: string): string;
}

/** Prints every setting with where it comes from. Of a secret at most its last four characters are shown. */
export async function config(context: Context): Promise<number> {
  const { args, out, err, env, cwd, version } = context;
  if (args.positionals.length > 0)
    throw usageError(`config takes no ${JSON.stringify(args.positionals[0])}: only options`);
  const { loadConfig, CONFIG_KEYS, showValue, displayUrl, maskKey } = await import("@stagewire/server");
  const loaded = await loadConfig({ flags: args.serverFlags, env, cwd });
  const ofServer = CONFIG_KEYS.map((key) => ({
    key,
    value: valueOf(key, loaded, showValue),
    source: loaded.sources[key],
  }));
  if (!args.values.quiet) for (const line of await misspelt(env)) err.write(`${line}\n`);
  const ofCommand = clientSettings(context, { displayUrl, maskKey });
  if (args.values.json) {
    writeJson(out, {
      type: "hello",
      version,
      ...(loaded.configFile !== undefined && { configFile: loaded.configFile }),
    });
    const settings = (of: string, list: readonly Setting[]) => {
      for (const { key, value, source } of list)
        writeJson(out, { type: "setting", of, key, value: told(value), source });
    };
    settings("server", ofServer);
    settings("command", ofCommand);
    writeExit(out, EXIT.finished);
    return EXIT.finished;
  }
  const paint = createPaint(out.isTTY && !args.values["no-color"] && !env["NO_COLOR"]);
  const all = [...ofServer, ...ofCommand];
  const keyWidth = Math.max(...all.map(({ key }) => key.length));
  const valueWidth = Math.min(40, Math.max(...all.map(({ value }) => value.length)));
  const write = ({ key, value, source }: Setting) => {
    const line = `  ${key.padEnd(keyWidth)}  ${plain(value).padEnd(valueWidth)}  ${source}`;
    out.write(`${source === "default" ? paint("dim", line) : line}\n`);
  };
  out.write(`The server (${loaded.configFile === undefined ? "no config file here" : plain(loaded.configFile)})\n`);
  ofServer.forEach(write);
  out.write("\nThis command\n");
  ofCommand.forEach(write);
  return EXIT.finished;
}

function valueOf(key: ConfigKey, { config: values }: LoadedConfig, show: (key: string, value: unknown) => string) {
  const value: unknown = values[key];
  if (value === undefined) return NONE;
  // A pipeline holds functions; its name says enough.
  if (key === "pipelines") return values.pipelines.map(({ id }) => id).join(", ") || "[]";
  return show(key, value);
}

/** As JSON has it: a number as a number, `null` for what is not set. What is masked or cut stays the text that is shown. */
function told(shown: string): unknown {
  if (shown === NONE) return null;
  try {
    return JSON.parse(shown);
  } catch {
    return shown;
  }
}

/** Where commands that talk to a server find it. */
function clientSettings(context: Context, { displayUrl, maskKey }: Masks): Setting[] {
  const { args, env, configPort } = context;
  const { url, given, token } = targetOf(context);
  const port = env["STAGEWIRE_PORT"] ? "STAGEWIRE_PORT" : "PORT";
  const here = env[port] ? `environment ${port}` : configPort === undefined ? "default" : "port of the config file";
  return [
    {
      key: "url",
      value: displayUrl(url),
      source: args.values.url !== undefined ? "flag --url" : given ? "environment STAGEWIRE_URL" : here,
    },
    {
      key: "token",
      value: token === undefined ? NONE : maskKey(token),
      source:
        token === undefined
          ? "default"
          : args.values.token === undefined
            ? "environment STAGEWIRE_TOKEN"
            : "flag --token",
    },
  ];
}
