import { type Version, versionsOf } from "@stagewire/client/documents";
import type { Context } from "../context.js";
import { usageError } from "../errors.js";
import { EXIT } from "../exit-codes.js";
import { writeExit, writeHello, writeJson } from "../json.js";
import { createPaint } from "../render/paint.js";
import { plain } from "../render/plain.js";
import { diffLines, hunksOf } from "../render/text-diff.js";
import { viewOfRun } from "../view-of-run.js";

/** Prints what changed between two versions of what a run revises; without names, between its last two. */
export async function diff(context: Context): Promise<number> {
  const { args, out, err, env } = context;
  const [word = "last", from, to, ...others] = args.positionals;
  if (others.length > 0) throw usageError("diff takes a run and at most two versions");
  await using found = await viewOfRun(context, word);
  const { connection, view } = found;
  const versions = versionsOf(view);
  const [old, young] = pick(versions, from, to, view.runId);
  const hunks = hunksOf(old.text, young.text);
  const { json, quiet } = args.values;
  if (json) {
    const about = ({ id, title, status, current }: Version) => ({ id, title, status, current });
    writeHello(out, connection, { runId: view.runId });
    writeJson(out, { type: "diff", from: about(old), to: about(young), hunks });
    writeExit(out, EXIT.finished, { runId: view.runId });
    return EXIT.finished;
  }
  if (hunks.length === 0 && !quiet) err.write(`${old.title} and ${young.title} are the same\n`);
  const paint = createPaint(out.isTTY && !args.values["no-color"] && !env["NO_COLOR"]);
  for (const line of diffLines({ from: labelOf(old), to: labelOf(young), hunks }, paint)) out.write(`${line}\n`);
  return EXIT.finished;
}

function pick(versions: readonly Version[], from: string | undefined, to: string | undefined, runId: string) {
  const named = (word: string) => {
    const meant = versions.find(({ id }) => id === word || id.replace(":", "") === word);
    const byNumber = /^\d+$/.test(word) ? versions.find(({ iteration }) => iteration === Number(word)) : undefined;
    const found = meant ?? byNumber;
    if (found) return found;
    throw usageError(`run ${runId} has no version ${JSON.stringify(word)}; it has ${listed(versions)}`);
  };
  if (from !== undefined) {
    const newest = to === undefined ? (versions.findLast(({ current }) => current) ?? versions.at(-1)) : named(to);
    if (newest) return [named(from), newest] as const;
  }
  const standing = versions.filter(({ accepted }) => accepted);
  const [old, young] = (standing.length > 1 ? standing : versions).slice(-2);
  if (old && young) return [old, young] as const;
  const has = versions.length === 0 ? "no version yet" : `one version only, ${listed(versions)}`;
  throw usageError(`run ${runId} has ${has}: there is nothing to compare`);
}

function listed(versions: readonly Version[]): string {
  return versions.map(({ id }) => id).join(", ") || "none";
}

function labelOf({ id, status, current }: Version): string {
  return plain(`${id}${status === "completed" ? "" : ` (${status})`}${current ? " (stands)" : ""}`);
}
