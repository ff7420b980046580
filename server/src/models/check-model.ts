import { NotFoundError } from "openai";
import type { Config } from "../config/schema.js";
import { OPENAI_BASE_URL } from "./base-url.js";
import { createClient } from "./client.js";
import { isOpenAi, OPENAI_DEFAULT_MODEL } from "./create-model.js";
import { notOffered, toModelError } from "./errors.js";
import { listModels, mostAlike } from "./offered-models.js";

/** What the settings lead to. */
export interface ModelCheck {
  readonly kind: "demo" | "openai";
  /** The model that is asked where a run names none; missing where the server offers none and none is set. */
  readonly name?: string;
  /** False where the server does not list what it offers, so that names could not be checked. */
  readonly listed: boolean;
}

const MOST_NAMES = 5;

/**
 * Asks the model's server, once and without using a model, whether the address, the key and the models' names are good.
 * Rejects with a `MODEL_` code or `CONFIG_INVALID`, the message saying what to do.
 */
export async function checkModel(config: Config): Promise<ModelCheck> {
  const { openaiApiKey: apiKey, openaiBaseUrl, connectTimeoutMs, firstTokenTimeoutMs, fallbackModels } = config;
  if (apiKey === undefined && openaiBaseUrl === undefined) return { kind: "demo", name: "demo", listed: true };
  const baseUrl = openaiBaseUrl ?? OPENAI_BASE_URL;
  const key = apiKey === undefined ? {} : { apiKey };
  await using client = createClient({ ...key, baseUrl, connectTimeoutMs, firstTokenTimeoutMs });
  const names = await listModels(client.sdk).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw toModelError(error, { baseUrl, model: config.model ?? "", ...key });
  });
  const name = config.model ?? (isOpenAi(openaiBaseUrl) ? OPENAI_DEFAULT_MODEL : names?.[0]);
  for (const model of [...(name === undefined ? [] : [name]), ...fallbackModels]) {
    if (!names || names.length === 0 || names.includes(model)) continue;
    throw notOffered({ baseUrl, model, offered: mostAlike(model, names, MOST_NAMES), ...key });
  }
  return { kind: "openai", ...(name !== undefined && { name }), listed: names !== undefined && names.length > 0 };
}
