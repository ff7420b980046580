import { StagewireError, type ServerInfo } from "@stagewire/shared";
import { BadRequestError, NotFoundError, type OpenAI, UnprocessableEntityError } from "openai";
import { displayUrl } from "../display-url.js";
import { OPENAI_BASE_URL } from "./base-url.js";
import { Call } from "./call.js";
import { badResponse, streamCut, timedOut, toModelError, type CallFacts } from "./errors.js";
import { createClient } from "./client.js";
import { mostAlike, offeredModels } from "./offered-models.js";
import type { ModelDriver, ModelRequest, ModelResult, OnDelta } from "./types.js";
import { toFinish, toUsage, type WireChunk, type WireUsage } from "./wire.js";

/** How to reach a server that speaks the OpenAI protocol. */
export interface OpenAiDriverOptions {
  /** Without it no `Authorization` is sent. */
  readonly apiKey?: string;
  /** @default OpenAI's own */
  readonly baseUrl?: string;
  /** The model used where a run names none. */
  readonly model: string;
  readonly kind: ServerInfo["model"]["kind"];
  /** Ms until a connection must be there. @default 10_000 */
  readonly connectTimeoutMs?: number;
  readonly firstTokenTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

/**
 * A driver for any server with OpenAI's streaming Chat Completions. Reads nothing from the environment but the SDK's
 * own `OPENAI_CUSTOM_HEADERS`; throws `CONFIG_INVALID` for a base URL with credentials. Has connections of its own;
 * disposing ends open calls and closes them.
 */
export function createOpenAiDriver(options: OpenAiDriverOptions): ModelDriver {
  const { apiKey, baseUrl = OPENAI_BASE_URL, model, kind } = options;
  const client = createClient(options);
  const open = new Set<Call>();
  let disposed = false;
  /** Some servers refuse `stream_options`; found out by their first answer. */
  let asksForUsage = true;

  async function generate(request: ModelRequest, onDelta: OnDelta): Promise<ModelResult> {
    request.signal.throwIfAborted();
    if (disposed) throw shuttingDown();
    const facts: CallFacts = { baseUrl, model: request.model, ...(apiKey !== undefined && { apiKey }) };
    using call = new Call(request.signal, options, (what) => timedOut(facts, what));
    open.add(call);
    try {
      const stream = await openStream(request, call, facts);
      return await readStream(stream, call, facts, onDelta);
    } finally {
      open.delete(call);
    }
  }

  async function openStream(
    request: ModelRequest,
    call: Call,
    facts: CallFacts,
  ): Promise<AsyncIterable<WireChunk | null>> {
    const withUsage = asksForUsage;
    try {
      return await post(client.sdk, request, call.signal, withUsage, facts);
    } catch (error) {
      call.throwIfStopped();
      if (withUsage && refusesUsage(error)) {
        asksForUsage = false;
        return openStream(request, call, facts);
      }
      if (!(error instanceof NotFoundError)) throw toModelError(error, facts);
      const offered = await offeredModels(client.sdk, call.signal);
      call.throwIfStopped();
      throw toModelError(
        error,
        offered === undefined ? facts : { ...facts, offered: mostAlike(request.model, offered, 3) },
      );
    }
  }

  return {
    info: { kind, name: model, ...(kind === "openai" && { baseUrl: displayUrl(baseUrl) }) },
    generate,
    async [Symbol.asyncDispose]() {
      disposed = true;
      for (const call of open) call.fail(shuttingDown());
      await client[Symbol.asyncDispose]();
    },
  };
}

async function post(
  client: OpenAI,
  request: ModelRequest,
  signal: AbortSignal,
  withUsage: boolean,
  facts: CallFacts,
): Promise<AsyncIterable<WireChunk | null>> {
  const { data: stream, response } = await client.chat.completions
    .create(
      {
        model: request.model,
        messages: [...request.messages],
        stream: true,
        ...(withUsage && { stream_options: { include_usage: true } }),
      },
      { signal },
    )
    .withResponse();
  const type = response.headers.get("content-type") ?? "";
  if (/^(text\/html|application\/json)\b/i.test(type)) {
    stream.controller.abort();
    throw badResponse(facts, `answered with ${type.split(";")[0]} instead of a stream`);
  }
  return stream;
}

async function readStream(
  stream: AsyncIterable<WireChunk | null>,
  call: Call,
  facts: CallFacts,
  onDelta: OnDelta,
): Promise<ModelResult> {
  let began = false;
  let finish: string | undefined;
  let usage: WireUsage | undefined;
  let events = 0;
  let isCompletion = false;
  let delivering = false;
  try {
    for await (const chunk of stream) {
      if (call.stopped) break;
      call.seen();
      events++;
      if (chunk?.usage) usage = chunk.usage;
      if (!chunk?.choices) continue;
      isCompletion = true;
      const choice = chunk.choices[0];
      if (!choice) continue;
      const { delta } = choice;
      if (delta) {
        const reasoning = delta.reasoning_content || delta.reasoning;
        const output = delta.content || delta.refusal;
        if (reasoning || output) {
          if (!began) {
            began = true;
            call.began();
          }
          if ((reasoning && typeof reasoning !== "string") || (output && typeof output !== "string")) {
            throw badResponse(facts, "sent text of an unknown form in its stream");
          }
          delivering = true;
          if (reasoning) onDelta("reasoning", reasoning as string);
          if (output && !call.stopped) onDelta("output", output as string);
          delivering = false;
        }
      }
      if (choice.finish_reason) {
        finish = choice.finish_reason;
        call.finished();
      }
    }
  } catch (error) {
    if (delivering) throw error;
    call.throwIfStopped();
    // The answer is whole; only what follows it was lost.
    if (finish === undefined) throw toModelError(error, facts);
  }
  call.throwIfStopped();
  if (finish === "error") throw badResponse(facts, "failed in the middle of its answer");
  if (finish === undefined) {
    throw events > 0 && !isCompletion ? badResponse(facts, "sent a stream of something else") : streamCut(facts);
  }
  const used = usage && toUsage(usage);
  return { finish: toFinish(finish), ...(used && { usage: used }) };
}

function shuttingDown(): StagewireError {
  return new StagewireError("SHUTTING_DOWN", "the server is shutting down");
}

function refusesUsage(error: unknown): boolean {
  return (
    (error instanceof BadRequestError || error instanceof UnprocessableEntityError) &&
    /stream_options|include_usage/.test(`${error.message} ${error.param ?? ""}`)
  );
}
