import type {
  Ack,
  Command,
  Cursor,
  Detail,
  ListInput,
  ListResult,
  PipelineInfo,
  PromptInput,
  RunEvent,
  RunOptions,
  RunSummary,
  RunView,
  ServerInfo,
  ServerUsage,
  StartInput,
  StepPrompt,
  StagewireError,
} from "@stagewire/shared";

/** Which server, and how patient with it. */
export interface ClientOptions {
  /** The server's address, e.g. `http://127.0.0.1:4400`. `ws:`/`wss:` are accepted too. */
  url: string;
  /** Sent when the socket opens, or with each HTTP request as a header; needed where the server asks for one. */
  token?: string;
  /**
   * `sse` streams over plain HTTP and needs no WebSocket; `auto` begins with a WebSocket, and goes over to `sse` where
   * only that works. The connection's state tells which it is.
   * @default "auto"
   */
  transport?: "auto" | "websocket" | "sse";
  /** How long a watched run may be silent, in ms, before the connection is taken for dead and replaced. @default 10_000 */
  silenceMs?: number;
  /** The longest wait between two tries to connect, in ms; waits are jittered. @default 4_000 */
  maxRetryDelayMs?: number;
  /** How long a call (not a watch) is retried while the server can't be reached, in ms. @default 30_000 */
  callTimeoutMs?: number;
}

/**
 * What the connection is doing. `reconnecting` tells the number of the coming try and when it is, in Unix ms. `open`
 * tells what it runs over, and in `reason`, as a sentence for people, why that is not a WebSocket.
 */
export type ConnectionState =
  | { status: "idle" }
  | { status: "connecting" }
  | { status: "open"; since: number; transport: "websocket" | "sse"; reason?: string }
  | { status: "reconnecting"; attempt: number; retryAt: number }
  | { status: "closed"; error?: StagewireError };

/** What of a run is watched, and from where. */
export interface WatchOptions {
  /** Go on after this position; without it the whole run is seen. */
  cursor?: Cursor;
  /** @default "tokens" */
  detail?: Detail;
  /** Ends the iteration quietly. */
  signal?: AbortSignal;
  /** Told the cursor after each batch of events was handed over: what to store in order to go on later. */
  onCursor?: (cursor: Cursor) => void;
}

/** From where changes over all runs are told. */
export interface FeedOptions {
  /** Go on after this position; without it every run is told once, and then what changes. */
  cursor?: Cursor;
  /** Ends the iteration quietly. */
  signal?: AbortSignal;
  /** Told the cursor after each batch of summaries was handed over. */
  onCursor?: (cursor: Cursor) => void;
}

/** `signal` gives a call up; it rejects with the reason then. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** A command, and how it is known when it is sent again. */
export interface CommandOptions extends CallOptions {
  /** @default a new id, kept over every retry of this call */
  commandId?: string;
}

/** What a run that goes on from another one does otherwise than that one. */
export interface RetryOptions extends CallOptions {
  /** @default the other run's */
  task?: string;
  /** Each one given takes the place of the other run's; those left out stay. */
  options?: RunOptions;
  /** @default a new key, kept over every retry of this call */
  idempotencyKey?: string;
}

/** Where in the other run the new one begins. */
export interface ForkOptions extends RetryOptions {
  /** The stage that the new run begins with; what came before it is taken over. */
  fromStage: string;
  /** @default 0, which in the loop stands for its beginning */
  iteration?: number;
}

/** The run that a call started. `created` is false when its idempotency key had started it before. */
export type StartedRun = Run & { readonly created: boolean };

/** A handle on one run: it holds no socket and no state. */
export interface Run {
  readonly runId: string;
  get(options?: CallOptions): Promise<RunView>;
  /** Gapless and without repetition over any number of drops; ends after `run_complete`. */
  watch(options?: WatchOptions): AsyncIterable<RunEvent>;
  /** Resolves with the view after `run_complete`. */
  finished(options?: CallOptions): Promise<RunView>;
  /**
   * What the model was asked in the latest attempt of a step, built anew from the log by the pipeline as the server has
   * it now. Rejects with `INVALID_INPUT` for a step that has not begun, or was taken over from another run.
   */
  prompt(stage: string, options?: CallOptions & { iteration?: number }): Promise<StepPrompt>;
  control(command: Command, options?: CommandOptions): Promise<Ack>;
  cancel(options?: CommandOptions & { when?: "now" | "after_stage"; reason?: string }): Promise<Ack>;
  skip(
    options?: CommandOptions & { target?: "iteration" | "remaining"; when?: "now" | "after_iteration" },
  ): Promise<Ack>;
  pause(options?: CommandOptions): Promise<Ack>;
  resume(options?: CommandOptions): Promise<Ack>;
  guide(text: string, options?: CommandOptions): Promise<Ack>;
  /** Starts a new run that takes over this one's outputs before a step. Rejects with `INVALID_INPUT` where it did not get to. */
  fork(options: ForkOptions): Promise<StartedRun>;
  /** A fork from {@link retryPlace}. Rejects with `INVALID_INPUT` while this run is not closed. */
  retry(options?: RetryOptions): Promise<StartedRun>;
}

/** A connection to one server. It opens when it is needed, and comes back by itself for as long as something is watched. */
export interface Client extends AsyncDisposable {
  readonly runs: {
    /** Starts a run. The idempotency key is made once if none is given. */
    start(input: StartInput, options?: CallOptions): Promise<StartedRun>;
    /** A handle; does not ask the server. */
    open(runId: string): Run;
    get(runId: string, options?: CallOptions): Promise<RunView>;
    /** See {@link Run.prompt}. */
    prompt(input: PromptInput, options?: CallOptions): Promise<StepPrompt>;
    list(input?: ListInput, options?: CallOptions): Promise<ListResult>;
    watch(runId: string, options?: WatchOptions): AsyncIterable<RunEvent>;
    /** Changes over all runs, latest summary of each; survives drops; never ends by itself. */
    feed(options?: FeedOptions): AsyncIterable<RunSummary>;
    control(runId: string, command: Command, options?: CommandOptions): Promise<Ack>;
  };
  readonly pipelines: { list(options?: CallOptions): Promise<PipelineInfo[]> };
  readonly server: {
    info(options?: CallOptions): Promise<ServerInfo>;
    /** What the server's run log takes. */
    usage(options?: CallOptions): Promise<ServerUsage>;
  };
  readonly connection: {
    readonly state: ConnectionState;
    /** Called after each change. Returns the unsubscribe function. */
    subscribe(listener: () => void): () => void;
    /** Tries to connect now instead of at `retryAt`. */
    retryNow(): void;
  };
  /** Closes the connection and ends every watch. Runs go on. */
  close(): Promise<void>;
}
