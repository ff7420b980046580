import { StagewireError } from "@stagewire/shared";
import type { ResolvedOptions } from "../options.js";
import { createLatch, type Latch, onAbort } from "../signals.js";
import type { ConnectionState } from "../types.js";
import { retryDelayMs } from "./backoff.js";
import { finalRefusal, unreachable } from "./failure.js";
import { openSession, type Opening, type Passage } from "./open.js";
import type { Session, SessionLoss } from "./session.js";

/** How long a connection that nobody needs stays open, in ms: an idle client must not keep its process alive. */
const IDLE_MS = 2_000;

/**
 * The one connection of a client: opened when somebody holds it, made again with jitter while somebody does, closed
 * when nobody has for a while. Its state follows from what happens to sessions and from nothing else.
 */
export class Connection {
  readonly #options: ResolvedOptions;
  readonly #listeners = new Set<() => void>();
  readonly #closed = createLatch();
  #state: ConnectionState = { status: "idle" };
  #session: Session | undefined;
  #opening: AbortController | undefined;
  readonly #passage: Passage = {};
  #holders = 0;
  /** Sessions lost in a row without one that the server accepted. */
  #failures = 0;
  #wasOpen = false;
  #loss: SessionLoss | undefined;
  /** The coming try, or the coming end of an idle connection: never both. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Aborts when the client was closed, or refused for good. */
  get closed(): Latch {
    return this.#closed.latch;
  }

  subscribe(listener: () => void): () => void {
    // A wrapper, so that the same function given twice counts twice.
    const entry = (): void => listener();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Keeps the connection wanted until the returned function is called; calling it twice is fine. */
  hold(): () => void {
    let held = true;
    this.#holders++;
    if (this.#state.status === "open") this.#clearTimer();
    if (this.#state.status === "idle") this.#connect();
    return () => {
      if (!held) return;
      held = false;
      this.#holders--;
      if (this.#holders === 0) this.#rest();
    };
  }

  /** The open session, as soon as there is one. The caller holds the connection. Rejects when closed, or with the signal's reason. */
  async session(signal: AbortSignal): Promise<Session> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#state.status === "closed") throw this.failure();
      if (this.#state.status === "open" && this.#session) return this.#session;
      await this.#change(signal);
    }
  }

  /** Why nothing can be asked of the server now. */
  failure(): StagewireError {
    if (this.#state.status === "closed") {
      return (
        this.#state.error ??
        new StagewireError("SERVER_UNREACHABLE", "the client is closed: make a new one with createClient")
      );
    }
    return unreachable(this.#options.address, this.#loss, this.#wasOpen);
  }

  /** Replaces a session that is taken for dead. Another caller may have done so already. */
  reset(session: Session): void {
    if (session !== this.#session || session.lost.aborted) return;
    session.end("dead");
    this.#lose(session);
  }

  /** Tries now instead of at `retryAt`. */
  retryNow(): void {
    if (this.#state.status === "reconnecting") this.#connect();
  }

  close(error?: StagewireError): void {
    if (this.#state.status === "closed") return;
    this.#clearTimer();
    this.#end();
    this.#set(error ? { status: "closed", error } : { status: "closed" });
    this.#closed.abort(this.failure());
  }

  #connect(): void {
    this.#clearTimer();
    const opening = new AbortController();
    this.#opening = opening;
    const events = {
      onConfirmed: (session: Session) => session === this.#session && (this.#failures = 0),
      onLost: (session: Session) => this.#lose(session),
    };
    void openSession({ options: this.#options, passage: this.#passage, events }, opening.signal).then((outcome) => {
      if (opening === this.#opening) this.#opened(outcome);
      else if ("session" in outcome) outcome.session.end("goodbye");
    });
    this.#set({ status: "connecting" });
  }

  #opened(outcome: Opening): void {
    this.#opening = undefined;
    if ("loss" in outcome) return this.#lost(outcome.loss);
    const { session, reason } = outcome;
    this.#session = session;
    if (session.lost.aborted) return this.#lose(session);
    this.#wasOpen = true;
    this.#set({
      status: "open",
      since: Date.now(),
      transport: session.transport,
      ...(reason !== undefined && { reason }),
    });
    if (this.#holders === 0) this.#rest();
  }

  #lose(session: Session): void {
    if (session !== this.#session) return;
    this.#session = undefined;
    this.#lost(session.loss);
  }

  #lost(loss: SessionLoss | undefined): void {
    this.#loss = loss;
    this.#clearTimer();
    const refusal = finalRefusal(this.#options.address, loss);
    if (refusal) return this.close(refusal);
    if (this.#holders === 0) return this.#set({ status: "idle" });
    const delay = retryDelayMs(this.#failures++, this.#options.maxRetryDelayMs);
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#set({ status: "reconnecting", attempt: this.#failures, retryAt: Date.now() + delay });
  }

  /** Nobody needs the connection any more: an open one is kept a little, for whoever comes next. */
  #rest(): void {
    switch (this.#state.status) {
      case "open":
        this.#clearTimer();
        this.#timer = setTimeout(() => this.#idle(), IDLE_MS);
        return;
      case "connecting":
      case "reconnecting":
        this.#idle();
        return;
      case "idle":
      case "closed":
    }
  }

  #idle(): void {
    this.#clearTimer();
    this.#end();
    this.#failures = 0;
    this.#set({ status: "idle" });
  }

  #end(): void {
    const [opening, session] = [this.#opening, this.#session];
    this.#opening = undefined;
    this.#session = undefined;
    opening?.abort();
    session?.end("goodbye");
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (thrown) {
        // The user's mistake must show, and must not stop the connection half way.
        setTimeout(() => {
          throw thrown;
        });
      }
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const unsubscribe = this.subscribe(() => {
        unsubscribe();
        letGo();
        resolve();
      });
      const letGo = onAbort(signal, () => {
        unsubscribe();
        reject(signal.reason);
      });
    });
  }
}
