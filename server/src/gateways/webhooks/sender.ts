import { setMaxListeners } from "node:events";
import { type Cursor, type RunSummary, webhookId, type WebhookEvent } from "@stagewire/shared";
import PQueue from "p-queue";
import type { Logger } from "pino";
import type { OperationOptions } from "retry";
import { Webhook } from "standardwebhooks";
import { createMessage } from "./message.js";
import { createPoster, TryFailed } from "./post.js";
import { retried } from "./retried.js";

/** An event that an endpoint is owed. */
export interface Owed {
  readonly event: WebhookEvent;
  /** The position after it. */
  readonly cursor: Cursor;
  readonly summary: RunSummary;
}

export interface SenderOptions {
  readonly url: string;
  /** `whsec_…` */
  readonly secret: string;
  readonly logger: Logger;
  /** Between tries of one event. @default 34 of them, after 1 s, 2 s, 4 s … 1 h with jitter: about a day */
  readonly retries?: OperationOptions | undefined;
}

/** Sends events to one endpoint, a few at a time. */
export interface Sender {
  /** Aborted once it sends nothing more: it was closed, or the endpoint said that it is gone. */
  readonly signal: AbortSignal;
  /**
   * Sends what `find` gives, and tries again until the endpoint takes it or a day has passed. `find` is asked before
   * each try, so that what waits for its next one is not held. Resolves with the event's `seq` once it is done with,
   * or `undefined` when there is nothing to send. Rejects with what `find` rejects with, or with the signal's reason.
   */
  send(find: () => Promise<Owed | undefined>): Promise<number | undefined>;
  /** True while a try goes on, or is about to. */
  readonly working: boolean;
  /** Breaks off. */
  close(): Promise<void>;
}

/** Tries at a time. */
const CONCURRENT = 4;
const RETRIES: OperationOptions = { retries: 34, factor: 2, minTimeout: 1_000, maxTimeout: 3_600_000 };

export function createSender({ url, secret, logger, retries = RETRIES }: SenderOptions): Sender {
  const signer = new Webhook(secret);
  const poster = createPoster(url, CONCURRENT);
  const queue = new PQueue({ concurrency: CONCURRENT });
  const stopping = new AbortController();
  const { signal } = stopping;
  setMaxListeners(0, signal);
  /** Tries that failed since the last that did not. */
  let failures = 0;
  let pausedUntil = -Infinity;
  let pause: NodeJS.Timeout | undefined;

  async function post({ event, cursor, summary }: Owed, tries: number): Promise<void> {
    const begun = performance.now();
    await poster.post(createMessage(event, cursor, summary, signer, new Date()));
    const tookMs = Math.round(performance.now() - begun);
    logger.debug({ id: webhookId(event), tries, tookMs }, "delivered a webhook");
    if (failures > 0) logger.warn({ failures }, "a webhook's endpoint takes what it is sent again");
    failures = 0;
  }

  function failed(error: TryFailed, id: string | undefined): void {
    if (error.gone) {
      const what = "a webhook's endpoint is gone (410) and is told nothing more";
      logger.error({ id }, `${what}: take it out of the settings, or start the server again to try it again`);
      return stop();
    }
    failures++;
    const told = { id, reason: error.message, retryAfterMs: error.retryAfterMs };
    // Once for all that fails until it is mended.
    if (failures === 1) logger.warn(told, "a webhook failed: it is tried again for about a day");
    else logger.debug(told, "a webhook failed again");
    if (error.retryAfterMs !== undefined) leaveAlone(error.retryAfterMs);
  }

  /** What an endpoint asks for counts for everything that it is sent. */
  function leaveAlone(ms: number): void {
    const until = performance.now() + ms;
    if (until <= pausedUntil) return;
    pausedUntil = until;
    queue.pause();
    clearTimeout(pause);
    pause = setTimeout(() => queue.start(), ms).unref();
  }

  function stop(): void {
    stopping.abort();
    clearTimeout(pause);
    queue.clear();
  }

  return {
    signal,
    async send(find) {
      let due: { readonly seq: number; readonly id: string; readonly runId: string } | undefined;
      let tries = 0;
      const tryOnce = async () => {
        due = undefined;
        const owed = await find();
        if (!owed) return undefined;
        const { runId, seq } = owed.event;
        due = { seq, id: webhookId(owed.event), runId };
        await post(owed, ++tries);
        return seq;
      };
      const onFailure = (error: unknown) => {
        if (error instanceof TryFailed) failed(error, due?.id);
        else logger.warn({ err: error }, "could not read what a webhook is owed: it is tried again");
      };
      try {
        return await retried(() => queue.add(tryOnce), retries, signal, onFailure);
      } catch (error) {
        if (!due || !(error instanceof TryFailed)) throw error;
        logger.error(
          { ...due, tries, reason: error.message },
          "gave a webhook up: this event is lost for its endpoint, and the run's next one is tried",
        );
        return due.seq;
      }
    },
    get working() {
      return !signal.aborted && queue.size + queue.pending > 0;
    },
    async close() {
      stop();
      await poster.close();
      await queue.onIdle();
    },
  };
}
