import type { StagewireError } from "@stagewire/shared";

/** Ms that a server may take to end its stream once the answer is complete. */
const END_GRACE_MS = 5_000;

export interface CallTimeouts {
  /** Ms until the first piece of text. */
  readonly firstTokenTimeoutMs: number;
  /** Ms between two events of the stream after that. */
  readonly stallTimeoutMs: number;
}

/** What ends one model call early: its caller's signal or silence. One timer a call; noting an event costs two fields. */
export class Call implements Disposable {
  /** True as soon as nothing more may be delivered. */
  stopped = false;
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timeouts: CallTimeouts;
  readonly #onSilence: (message: string) => StagewireError;
  readonly #timer: NodeJS.Timeout;
  #phase: "first" | "stream" | "end" = "first";
  #since = performance.now();
  #limitMs: number;
  #failure: StagewireError | undefined;

  /** `onSilence` makes the error for a server that fell silent from what happened. */
  constructor(outer: AbortSignal, timeouts: CallTimeouts, onSilence: (message: string) => StagewireError) {
    this.#outer = outer;
    this.#timeouts = timeouts;
    this.#onSilence = onSilence;
    this.#limitMs = timeouts.firstTokenTimeoutMs;
    const shortest = Math.min(timeouts.firstTokenTimeoutMs, timeouts.stallTimeoutMs, END_GRACE_MS);
    this.#timer = setInterval(this.#check, Math.min(Math.max(shortest / 4, 20), 1_000)).unref();
    outer.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** For the HTTP client: aborted when the call has to end. Lives as long as the call, unlike the caller's signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** An event of the stream came; those before the first text do not count. */
  seen(): void {
    if (this.#phase === "stream") this.#since = performance.now();
  }

  /** The first text came. */
  began(): void {
    this.#enter("stream", this.#timeouts.stallTimeoutMs);
  }

  /** The model said that it is done; the rest of the stream may hold the usage. */
  finished(): void {
    this.#enter("end", Math.min(this.#timeouts.stallTimeoutMs, END_GRACE_MS));
  }

  /** Throws the caller's reason, or the timeout's error, if that is what ended the call. */
  throwIfStopped(): void {
    this.#outer.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends the call for another reason, such as the driver's end. */
  fail(error: StagewireError): void {
    this.#failure ??= error;
    this.#stop();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#outer.removeEventListener("abort", this.#onAbort);
  }

  #enter(phase: "stream" | "end", limitMs: number): void {
    this.#phase = phase;
    this.#limitMs = limitMs;
    this.#since = performance.now();
  }

  readonly #onAbort = (): void => this.#stop();

  readonly #check = (): void => {
    if (performance.now() - this.#since < this.#limitMs) return;
    if (this.#phase === "end") this.#stop();
    else if (this.#phase === "first")
      this.fail(this.#onSilence(`sent no first token within ${seconds(this.#limitMs)}`));
    else this.fail(this.#onSilence(`stalled: nothing came for ${seconds(this.#limitMs)} in the middle of its answer`));
  };

  #stop(): void {
    this.stopped = true;
    clearInterval(this.#timer);
    this.#controller.abort();
  }
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}
