import type { Client } from "@stagewire/client";
import { type RunSummary, runIdSchema, StagewireError } from "@stagewire/shared";
import { usageError } from "./errors.js";
import { PROGRAM } from "./program.js";

const PAGE = 200;

/**
 * The id of the run that `word` means: an id, the beginning of only one id, or `last` for the newest run.
 * Rejects with `RUN_NOT_FOUND` when there is none, and with a usage error that names the runs when there are several.
 */
export async function resolveRun(client: Client, word: string, signal?: AbortSignal): Promise<string> {
  const call = signal ? { signal } : {};
  if (word === "last") {
    const [newest] = (await client.runs.list({ limit: 1 }, call)).runs;
    if (newest) return newest.runId;
    throw new StagewireError("RUN_NOT_FOUND", `there is no run yet: start one with \`${PROGRAM} run "<task>"\``);
  }
  if (!runIdSchema.safeParse(word).success) throw notFound(word);

  const matches: RunSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.runs.list({ limit: PAGE, ...(cursor !== undefined && { cursor }) }, call);
    if (page.runs.some(({ runId }) => runId === word)) return word;
    // A whole id of an old run is asked for by itself, instead of by reading the list to its end.
    if (cursor === undefined && page.nextCursor !== undefined && (await exists(client, word, call))) return word;
    matches.push(...page.runs.filter(({ runId }) => runId.startsWith(word)));
    cursor = page.nextCursor;
  } while (cursor !== undefined);

  const [only, ...others] = matches;
  if (!only) throw notFound(word);
  if (others.length === 0) return only.runId;
  const some = matches.slice(0, 5).map(({ runId }) => runId);
  const more = matches.length > some.length ? ` and ${matches.length - some.length} more` : "";
  throw usageError(`"${word}" is the beginning of ${matches.length} runs: ${some.join(", ")}${more}`);
}

async function exists(client: Client, runId: string, call: { signal?: AbortSignal }): Promise<boolean> {
  try {
    await client.runs.get(runId, call);
    return true;
  } catch (error) {
    if (error instanceof StagewireError && error.code === "RUN_NOT_FOUND") return false;
    throw error;
  }
}

function notFound(word: string): StagewireError {
  return new StagewireError(
    "RUN_NOT_FOUND",
    `there is no run ${JSON.stringify(word)}: \`${PROGRAM} list\` shows what there is`,
  );
}
