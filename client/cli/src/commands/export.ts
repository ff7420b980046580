import { archiveOf, documentOf } from "@stagewire/client/documents";
import { acceptedOutput, type RunView } from "@stagewire/shared";
import type { Connection } from "../connect.js";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { destinationOf, saveFiles, saveText, saveZip } from "../export-files.js";
import { writeExit, writeHello, writeJson } from "../json.js";
import { size } from "../render/format.js";
import { checkStage } from "../result.js";
import { runOrLast } from "../run-argument.js";
import { viewOfRun } from "../view-of-run.js";

/** Hands a run over: as one markdown, as a .zip, or as files in a folder. */
export async function exportRun(context: Context): Promise<number> {
  const { args, out, err } = context;
  const { stage, json, quiet } = args.values;
  const destination = await destinationOf(context);
  if (stage !== undefined && destination && destination.kind !== "file") {
    throw usageError(`--stage gives one text: name a file for it, not ${args.values.output}`);
  }
  await using found = await viewOfRun(context, runOrLast(context, "export"));
  const { connection, view } = found;
  checkStage(stage, view.pipeline.stages);
  if (!destination) return print(context, connection, view);
  const files = archiveOf(view);
  const wrote =
    destination.kind === "zip"
      ? await saveZip(destination, files, view.completedAt ?? view.updatedAt)
      : destination.kind === "folder"
        ? await saveFiles(destination, files)
        : await saveText(destination, textOf(view, stage));
  if (json) {
    writeHello(out, connection, { runId: view.runId });
    writeJson(out, { type: "wrote", output: destination.path, ...wrote });
    writeExit(out, EXIT.finished, { runId: view.runId });
  } else if (!quiet) {
    const what = wrote.files === 1 ? "" : `${wrote.files} files, `;
    err.write(`wrote ${what}${size(wrote.bytes)} to ${destination.name}\n`);
  }
  return EXIT.finished;
}

/** To stdout: the markdown, or with `--json` every file on a line of its own. */
function print({ args, out }: Context, connection: Connection, view: RunView): number {
  const { stage, json } = args.values;
  const text = textOf(view, stage);
  if (!json) {
    out.write(text);
    return EXIT.finished;
  }
  const files = stage === undefined ? archiveOf(view) : [{ path: `${stage}.md`, text }];
  writeHello(out, connection, { runId: view.runId });
  for (const file of files) writeJson(out, { type: "file", ...file });
  writeExit(out, EXIT.finished, { runId: view.runId });
  return EXIT.finished;
}

function textOf(view: RunView, stage: string | undefined): string {
  if (stage === undefined) return documentOf(view);
  const text = acceptedOutput(view, stage);
  if (text === undefined) throw usageError(`stage ${stage} has no accepted output in run ${view.runId}`);
  return text.endsWith("\n") ? text : `${text}\n`;
}
