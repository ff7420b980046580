import { StagewireError } from "@stagewire/shared";
import type OpenAI from "openai";
import { displayUrl } from "../display-url.js";

/** Ms that a model's server has to list what it offers. */
const LIST_TIMEOUT_MS = 3_000;
/** Names of one listing that are looked at. */
const MAX_NAMES = 1_000;

/** Names of the models that a server offers (`GET /models`), in its order. Rejects with what the SDK throws, after 3 s with `MODEL_TIMEOUT`. */
export async function listModels(client: OpenAI, signal?: AbortSignal): Promise<string[]> {
  const timeout = AbortSignal.timeout(LIST_TIMEOUT_MS);
  const asked = client.models.list({ signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
  const page: { data?: unknown } = await asked.catch((error: unknown) => {
    throw timeout.aborted ? silent(client.baseURL) : error;
  });
  if (!Array.isArray(page.data)) return [];
  return page.data
    .slice(0, MAX_NAMES)
    .map((model: unknown) => (model as { id?: unknown } | null)?.id)
    .filter((id): id is string => typeof id === "string" && id !== "");
}

/** The same, for where it is only a help: `undefined` when the server does not tell. */
export async function offeredModels(client: OpenAI, signal?: AbortSignal): Promise<string[] | undefined> {
  return listModels(client, signal).catch(() => undefined);
}

/** At most `count` of `names`, those first that begin most like `wanted`. */
export function mostAlike(wanted: string, names: readonly string[], count: number): string[] {
  return names
    .map((name) => ({ name, score: commonPrefix(wanted, name) }))
    .toSorted((a, b) => b.score - a.score || a.name.length - b.name.length)
    .slice(0, count)
    .map(({ name }) => name);
}

function silent(baseUrl: string): StagewireError {
  const within = `within ${LIST_TIMEOUT_MS / 1_000} s`;
  return new StagewireError(
    "MODEL_TIMEOUT",
    `the server at ${displayUrl(baseUrl)} did not say ${within} what models it offers: check that it is well and that the address is right`,
  );
}

function commonPrefix(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  return i;
}
