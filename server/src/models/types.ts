import type { ServerInfo, Usage } from "@stagewire/shared";

/** One message of a prompt. */
export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** One model call. */
export interface ModelRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  /** Aborting closes the connection to the model's server. */
  readonly signal: AbortSignal;
}

/** How a model call ended that did not fail. */
export interface ModelResult {
  /** Why the model stopped: `stop` in the good case. */
  readonly finish: "stop" | "length" | "content_filter" | "other";
  /** Missing when the model's server reported none. */
  readonly usage?: Usage;
}

/** Called for every piece of text as it arrives, in order, synchronously. `text` is never empty. */
export type OnDelta = (channel: "output" | "reasoning", text: string) => void;

/** Where model calls go. */
export interface ModelDriver extends AsyncDisposable {
  /** What `server.info` tells; its `name` is the model used where a run names none. */
  readonly info: ServerInfo["model"];

  /**
   * One streaming model call. Every piece of text reaches `onDelta` before this resolves, and none after it settled.
   * Rejects with `signal.reason` when aborted, by then with the connection closed; otherwise with a `StagewireError`
   * whose code begins with `MODEL_` and whose message is fit for the person who runs the server. Never retries.
   */
  generate(request: ModelRequest, onDelta: OnDelta): Promise<ModelResult>;
}
