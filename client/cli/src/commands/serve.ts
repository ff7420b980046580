import { once } from "node:events";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { EXIT, exitCodeOfSignal } from "../exit-codes.js";
import { startLocalServer } from "../local-server.js";
import { PROGRAM } from "../program.js";
import { modelName } from "../render/format.js";
import { plain } from "../render/plain.js";
import { urlOption } from "../target.js";

/** Serves until a signal says to stop; the first one closes in good order, the second one at once. */
export async function serve(context: Context): Promise<number> {
  const { args, out, err, interrupts, version } = context;
  if (args.positionals.length > 0)
    throw usageError(`serve takes no ${JSON.stringify(args.positionals[0])}: only options`);
  const begun = performance.now();
  const { server, data, doors, shared } = await startLocalServer(context);
  const tookMs = Math.round(performance.now() - begun);
  const { url, info } = server;
  if (args.values.json) {
    out.write(`${JSON.stringify({ type: "hello", protocol: info.protocol, version, url, model: info.model, data })}\n`);
  } else if (!args.values.quiet) {
    out.write(
      [
        `stagewire ${version}  ready in ${tookMs} ms`,
        ...(doors
          ? [`  Web    ${url}`, `  Try    ${PROGRAM} run${urlOption(url)} "a URL shortener"`]
          : [`  Works  runs that other servers start; it has no page   health ${url}/healthz`]),
        `  Model  ${plain(modelName(info.model))}   data ${plain(data)}`,
        "",
      ].join("\n"),
    );
  }
  const stopping = new AbortController();
  interrupts.handle((signal) => {
    if (stopping.signal.aborted) process.exit(exitCodeOfSignal(signal));
    stopping.abort();
  });
  if (!stopping.signal.aborted) await once(stopping.signal, "abort");
  if (out.isTTY) {
    const rest = shared ? "the rest goes on at other servers on this Redis" : "the rest goes on at the next start";
    err.write(`stopping after the steps that run; ${rest} (again to stop at once)\n`);
  }
  await server.shutdown();
  if (args.values.json) out.write(`${JSON.stringify({ type: "exit", code: EXIT.finished })}\n`);
  return EXIT.finished;
}
