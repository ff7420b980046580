import type { Context } from "../context.js";
import { type Finding, ok } from "../doctor/check.js";
import {
  checkConfig,
  checkData,
  checkHost,
  checkModelServer,
  checkPage,
  checkPort,
  checkServer,
  describeConfig,
  ownServer,
} from "../doctor/checks.js";
import { usageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { writeExit, writeJson } from "../json.js";
import { createPaint } from "../render/paint.js";
import { plain } from "../render/plain.js";

const LOOKS = {
  ok: { sign: "✓", style: "green" },
  note: { sign: "–", style: "dim" },
  problem: { sign: "✗", style: "red" },
} as const;

/** Looks at all that a server and this command need, tells each finding, and ends with the first problem's status. */
export async function doctor(context: Context): Promise<number> {
  const { args, out, env, version } = context;
  if (args.positionals.length > 0)
    throw usageError(`doctor takes no ${JSON.stringify(args.positionals[0])}: only options`);
  const { json, quiet } = args.values;
  const paint = createPaint(out.isTTY && !args.values["no-color"] && !env["NO_COLOR"]);
  if (json) writeJson(out, { type: "hello", version });
  let problems = 0;
  let code: number = EXIT.finished;
  for await (const finding of examine(context)) {
    const { name, status, message } = finding;
    if (status === "problem") {
      if (problems++ === 0) code = finding.code ?? EXIT.usage;
    }
    if (json) {
      writeJson(out, { type: "check", name, status, message });
    } else if (!quiet || status === "problem") {
      const { sign, style } = LOOKS[status];
      const text = plain(message.trimEnd()).replaceAll("\n", `\n${" ".repeat(12)}`);
      out.write(`${paint(style, sign)} ${name.padEnd(8)}  ${text}\n`);
    }
  }
  if (json) writeExit(out, code, { problems });
  else if (problems > 0) out.write(`\n${problems} ${problems === 1 ? "problem" : "problems"}\n`);
  else if (!quiet) out.write("\nnothing found that keeps stagewire from working here\n");
  return code;
}

async function* examine(context: Context): AsyncGenerator<Finding> {
  // An older Node does not get this far: the check stands before everything else.
  yield ok("node", process.versions.node);
  const loaded = await checkConfig(context);
  if ("config" in loaded) {
    const { config } = loaded;
    yield await describeConfig(loaded, context.env);
    const host = await checkHost(config);
    yield host;
    const port = await checkPort(host.status === "ok" ? config : { ...config, host: "127.0.0.1" }, context.env);
    yield { name: port.name, status: port.status, message: port.message, ...(port.code && { code: port.code }) };
    yield await checkData(config, port.ours === true, await ownServer(context));
    yield await checkPage();
    yield await checkModelServer(config);
  } else {
    yield loaded;
  }
  yield await checkServer(context);
}
