import type { Client } from "@stagewire/client";
import { type Cursor, initialView, isClosed, reduce, type RunView } from "@stagewire/shared";
import { detourNote } from "./connect.js";
import { EXIT, exitCodeOfRun, exitCodeOfSignal } from "./exit-codes.js";
import { fateOf, type Whereabouts } from "./fate.js";
import type { Interrupts } from "./interrupts.js";
import { liveKeys, type LiveKeysOptions } from "./keys/live-keys.js";
import type { Output } from "./output.js";
import type { Renderer } from "./render/renderer.js";
import { pageOf } from "./target.js";

const CANCEL_MS = 10_000;

export interface FollowOptions extends Whereabouts {
  readonly client: Client;
  readonly renderer: Renderer;
  readonly interrupts: Interrupts;
  readonly out: Output;
  readonly cursor?: Cursor;
  /** Why the connection is no WebSocket, as far as that was told. */
  readonly detour?: string;
  readonly detail: "tokens" | "stages";
  /** Ctrl-C first asks to cancel: for the one who started the run at a terminal. */
  readonly cancelOnCtrlC: boolean;
  /** Whatever ends this command cancels the run. */
  readonly cancelOnExit: boolean;
  readonly timeoutMs?: number;
  /** The keys that steer the run meanwhile. */
  readonly keys?: Pick<LiveKeysOptions, "keyboard" | "env">;
}

export interface Followed {
  readonly code: number;
  readonly fate: string;
  /** What was seen: only a part when watching began at a cursor. */
  readonly view: RunView;
}

/**
 * Shows a run until it has ended, the reader has gone, the time is up, or a signal says to leave.
 * Leaving cancels nothing unless the options say so; then it waits until the run is cancelled.
 */
export async function followRun(options: FollowOptions): Promise<Followed> {
  const { client, runId, renderer, out } = options;
  const leaving = new AbortController();
  let view: RunView = initialView(runId);
  let code: number | undefined;
  let cancelling = false;
  /** Settles once a cancel was answered. Never rejects. */
  let answered: Promise<void> = Promise.resolve();

  const leave = (status: number) => {
    code ??= status;
    leaving.abort();
  };
  const cancel = async (status: number | undefined, reason: string) => {
    cancelling = true;
    try {
      const ack = await client.runs.control(
        runId,
        { type: "cancel", when: "now", reason },
        { signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(CANCEL_MS)]) },
      );
      if (ack.outcome === "rejected") renderer.note(`not cancelled: ${ack.reason ?? "the server said no"}`);
      if (status !== undefined) code ??= status;
    } catch (error) {
      if (leaving.signal.aborted) return;
      renderer.note(`cancelling was not confirmed: ${error instanceof Error ? error.message : String(error)}`);
      if (status === undefined) cancelling = false;
      else leave(status);
    }
  };
  let { detour } = options;
  const unsubscribe = client.connection.subscribe(() => {
    const { state } = client.connection;
    renderer.connection(state);
    if (state.status !== "open" || state.reason === undefined || state.reason === detour) return;
    detour = state.reason;
    renderer.note(detourNote(detour, options.url));
  });
  const onClosed = () => {
    if (options.cancelOnExit) answered = cancel(EXIT.finished, "nobody reads the output");
    else leave(EXIT.finished);
  };
  if (out.closed.aborted) onClosed();
  else out.closed.addEventListener("abort", onClosed);
  const timer = setTimeout(
    () => {
      if (options.cancelOnExit) answered = cancel(undefined, "timeout");
      else leave(EXIT.stillRunning);
    },
    options.timeoutMs ?? 2 ** 31 - 1,
  );
  options.interrupts.handle((signal) => {
    const status = exitCodeOfSignal(signal);
    if (cancelling) leave(status);
    else if (options.cancelOnExit) answered = cancel(status, signal);
    else if (options.cancelOnCtrlC && signal === "SIGINT") {
      renderer.note("cancelling the run; Ctrl-C again leaves it running");
      answered = cancel(undefined, "Ctrl-C");
    } else leave(status);
  });

  if (options.keys) {
    liveKeys({
      ...options.keys,
      client,
      runId,
      renderer,
      page: pageOf(options.url, runId),
      local: options.local,
      shared: options.shared ?? false,
      leaving: leaving.signal,
      view: () => view,
      cancel() {
        if (cancelling) return;
        renderer.note("cancelling the run");
        answered = cancel(undefined, "xx");
      },
      detach: () => leave(EXIT.stillRunning),
    });
  }

  try {
    const events = client.runs.watch(runId, {
      detail: options.detail,
      signal: leaving.signal,
      ...(options.cursor !== undefined && { cursor: options.cursor }),
    });
    for await (const event of events) {
      view = reduce(view, event);
      await renderer.event(event, view, leaving.signal);
    }
    // The run's end can overtake the answer.
    await answered;
  } finally {
    clearTimeout(timer);
    unsubscribe();
    out.closed.removeEventListener("abort", onClosed);
  }
  const closed = isClosed(view);
  return {
    // A signal that cancelled the run is what ended the command.
    code:
      closed && (code === undefined || leaving.signal.aborted) ? exitCodeOfRun(view) : (code ?? exitCodeOfRun(view)),
    fate: fateOf(view, options),
    view,
  };
}
