import { Agent, request } from "undici";
import { retryAfterMs } from "../../retry-after.js";
import { VERSION } from "../../version.js";
import type { Message } from "./message.js";

/** Ms that one try may take, connecting included. */
const TRY_MS = 10_000;
/** Bytes of an answer that are read, so that the connection can be used again; nothing is made of them. */
const ANSWER_BYTES = 16_384;

/** Why a try counts as failed. Its message is fit for the server's log. */
export class TryFailed extends Error {
  /** True where the endpoint said that it is no more (410). */
  readonly gone: boolean;
  /** Ms that it asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { gone = false, wait, cause }: { gone?: boolean; wait?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.gone = gone;
    this.retryAfterMs = wait;
  }
}

/** Connections to one endpoint. */
export interface Poster {
  /** Resolves on an answer of 2xx. Rejects with {@link TryFailed} on every other, redirects included, and on none within `tryMs`. */
  post(message: Message): Promise<void>;
  /** Breaks everything off. */
  close(): Promise<void>;
}

export function createPoster(url: string, connections: number, tryMs = TRY_MS): Poster {
  const agent = new Agent({ connections, connect: { timeout: tryMs } });
  return {
    async post({ headers, body }) {
      const signal = AbortSignal.timeout(tryMs);
      const answer = await request(url, {
        method: "POST",
        headers: { ...headers, "user-agent": `stagewire/${VERSION}` },
        body,
        dispatcher: agent,
        signal,
      }).catch((error: unknown) => {
        throw new TryFailed(signal.aborted ? `no answer within ${tryMs / 1_000} s` : reasonOf(error), {
          cause: error,
        });
      });
      // Its status is the answer; whatever becomes of the rest changes nothing.
      await answer.body.dump({ limit: ANSWER_BYTES, signal }).catch(() => {});
      const { statusCode } = answer;
      if (statusCode >= 200 && statusCode < 300) return;
      const redirects = statusCode >= 300 && statusCode < 400;
      const told = answer.headers["retry-after"];
      throw new TryFailed(`it answered ${statusCode}${redirects ? ", and redirects are not followed" : ""}`, {
        gone: statusCode === 410,
        wait: typeof told === "string" ? retryAfterMs(told, Date.now()) : undefined,
      });
    },
    close: () => agent.destroy(),
  };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  return `no answer (${code ?? (error instanceof Error ? error.message : String(error))})`;
}
