import type { Cursor } from "@stagewire/shared";
import { choosePresentation, type Presentation } from "./choose-renderer.js";
import { type Connection, detourNote } from "./connect.js";
import type { Context } from "./context.js";
import { EXIT } from "./exit-codes.js";
import { followRun } from "./follow-run.js";
import type { LocalServer } from "./local-server.js";
import { type ResultFile, resultOf, saveResult } from "./result.js";
import { pageOf } from "./target.js";

export interface ShowOptions {
  readonly connection: Connection;
  readonly runId: string;
  /** The server, when it runs in this process. */
  readonly local?: Pick<LocalServer, "data" | "shared">;
  /** True for the command that started the run. */
  readonly owner: boolean;
  readonly cursor?: Cursor;
  readonly file?: ResultFile;
  readonly timeoutMs?: number;
}

/** Shows a run to its end, hands its result over, and gives the exit status. */
export async function showRun(context: Context, options: ShowOptions): Promise<number> {
  const { args, out, interrupts } = context;
  const { connection, runId, local, file, cursor, timeoutMs } = options;
  const { client, info, url, transport, detour } = connection;
  const { kind, renderer, keyboard: opened } = choosePresentation(context);
  using keyboard = opened;
  renderer.begin({
    runId,
    url,
    page: pageOf(url, runId),
    model: info.model,
    version: info.version,
    transport,
    ...(local && { localData: local.data }),
  });
  if (detour !== undefined) renderer.note(detourNote(detour, url));
  const followed = await followRun({
    client,
    renderer,
    interrupts,
    out,
    ...(detour !== undefined && { detour }),
    runId,
    url,
    local: local !== undefined,
    ...(local && { shared: local.shared }),
    detail: detailFor(kind),
    cancelOnCtrlC: options.owner && kind === "terminal",
    cancelOnExit: args.values["cancel-on-exit"] === true,
    ...(keyboard && { keys: { keyboard, env: context.env } }),
    ...(cursor !== undefined && { cursor }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });

  const { stage } = args.values;
  const completed = followed.view.status === "completed";
  const result = completed ? await resultOf(client, followed.view, stage) : undefined;
  const missing = completed && stage !== undefined && result === undefined;
  if (missing) renderer.note(`stage ${stage} has no accepted output in this run`);
  if (file && result !== undefined) renderer.note(await saveResult(file, result));
  const code = missing ? EXIT.failed : followed.code;
  renderer.end({ ...followed, code, ...(!file && result !== undefined && { result }) });
  return code;
}

/** A pipe shows no tokens, so they need not be sent. */
function detailFor(kind: Presentation["kind"]): "tokens" | "stages" {
  return kind === "pipe" ? "stages" : "tokens";
}
