import { StagewireError } from "@stagewire/shared";
import { NotFoundError } from "openai";
import type { Config } from "../config/schema.js";
import { displayUrl } from "../display-url.js";
import { OPENAI_BASE_URL } from "./base-url.js";
import { type ClientOptions, createClient } from "./client.js";
import { toModelError } from "./errors.js";
import { listModels } from "./offered-models.js";
import { createOpenAiDriver } from "./openai.js";
import type { ModelDriver } from "./types.js";

/** The model asked at OpenAI when none is configured. */
export const OPENAI_DEFAULT_MODEL = "gpt-5-mini";

/**
 * The driver that the settings ask for: a real server when a key or a base URL is set, else the demo model.
 * With a base URL but no model name it asks the server once what it offers and takes the first.
 */
export async function createModel(config: Config): Promise<ModelDriver> {
  const {
    openaiApiKey: apiKey,
    openaiBaseUrl: baseUrl,
    connectTimeoutMs,
    firstTokenTimeoutMs,
    stallTimeoutMs,
  } = config;
  if (apiKey === undefined && baseUrl === undefined) {
    const { startDemoModel } = await import("./demo.js");
    return startDemoModel();
  }
  const connection = {
    ...(apiKey !== undefined && { apiKey }),
    ...(baseUrl !== undefined && { baseUrl }),
    connectTimeoutMs,
    firstTokenTimeoutMs,
  };
  const model = config.model ?? (isOpenAi(baseUrl) ? OPENAI_DEFAULT_MODEL : await firstOffered(connection));
  return createOpenAiDriver({ ...connection, stallTimeoutMs, model, kind: "openai" });
}

/** True when that is OpenAI's own API. */
export function isOpenAi(baseUrl: string = OPENAI_BASE_URL): boolean {
  return URL.canParse(baseUrl) && new URL(baseUrl).hostname === "api.openai.com";
}

async function firstOffered(connection: ClientOptions): Promise<string> {
  await using client = createClient(connection);
  const baseUrl = connection.baseUrl ?? OPENAI_BASE_URL;
  const names = await listModels(client.sdk).catch((error: unknown) => {
    // A server without that address is up all the same; anything else is what every call would meet.
    if (error instanceof NotFoundError) return [];
    throw toModelError(error, {
      baseUrl,
      model: "",
      ...(connection.apiKey !== undefined && { apiKey: connection.apiKey }),
    });
  });
  const [first] = names;
  if (first !== undefined) return first;
  throw new StagewireError(
    "CONFIG_INVALID",
    `no model is set, and the server at ${displayUrl(baseUrl)} names none: set STAGEWIRE_MODEL to a model's name`,
  );
}
