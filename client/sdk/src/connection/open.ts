import type { ResolvedOptions } from "../options.js";
import { linkSignals, onAbort } from "../signals.js";
import { askServer } from "./ask-server.js";
import { finalRefusal } from "./failure.js";
import type { Session, SessionEvents, SessionLoss } from "./session.js";
import { openSocketSession } from "./socket-session.js";

/** What a client has learned of the way to its server. It outlives sessions. */
export interface Passage {
  /** Since when and why no WebSocket is used. */
  blocked?: { readonly at: number; readonly reason: string };
  /** True while the last WebSocket failed. */
  failed?: boolean;
}

export interface OpenOptions {
  readonly options: ResolvedOptions;
  readonly passage: Passage;
  readonly events: SessionEvents;
}

/** A session that is open, and where it is none that was hoped for, why; or what kept it from opening. */
export type Opening = { readonly session: Session; readonly reason?: string } | { readonly loss: SessionLoss };

/** How long a WebSocket may say nothing before plain HTTP is asked too, in ms. */
const PATIENCE_MS = 2_000;
/** The same after one that failed: then a browser holds the next one back, Chrome by up to 5 s, and tells nobody. */
const HELD_BACK_MS = 6_000;
/** At most this part of the silence that is allowed. */
const OF_SILENCE = 0.6;
/** For how long nobody tries a WebSocket again once it was found blocked, in ms: a session over HTTP is never left for it. */
const BLOCKED_MS = 60_000;
const ANSWER_MS = 5_000;
/** Close codes by which a server says that it can't serve now: then a WebSocket did get through. */
const FROM_SERVER: ReadonlySet<number> = new Set([1001, 1012, 1013]);
const TOO_MANY_REQUESTS = 429;

/**
 * Opens a session over what works. In `auto` that is a WebSocket, unless it fails twice, or stays silent, while plain
 * HTTP to the same server is answered: twice, and the second time between two answers over HTTP, because a server that
 * is just coming up fails the first, and one that is going down the second. Never rejects. An abort ends what is being
 * opened.
 */
export async function openSession(open: OpenOptions, signal: AbortSignal): Promise<Opening> {
  const { options, passage } = open;
  if (options.transport === "websocket") return await trySocket(open, signal);
  if (options.transport === "sse") return await tryHttp(open, signal);
  const known = passage.blocked;
  if (known && Date.now() - known.at < BLOCKED_MS) return withReason(await tryHttp(open, signal), known.reason);

  const scope = linkSignals(signal);
  const patienceMs = Math.min(passage.failed ? HELD_BACK_MS : PATIENCE_MS, options.silenceMs * OF_SILENCE);
  try {
    const first = trySocket(open, scope.signal);
    let socket = await within(first, patienceMs);
    if (socket && !isBlocked(socket)) return unblock(passage, socket);
    passage.failed = true;

    const asking = tryHttp(open, scope.signal);
    // Whichever says something first: an answer over HTTP counts against a socket that is silent still.
    socket ??= await Promise.race([first, asking.then(() => undefined)]);
    if (socket && !isBlocked(socket)) {
      endWhenOpen(asking);
      return unblock(passage, socket);
    }
    const http = await asking;
    if ("loss" in http) return finalRefusal(options.address, http.loss) ? http : (socket ?? (await first));

    if (socket && !known) {
      socket = await within(trySocket(open, scope.signal), patienceMs);
      if (socket && !isBlocked(socket)) {
        http.session.end("goodbye");
        return unblock(passage, socket);
      }
      const down = await askServer(options, answerMs(options), scope.signal);
      if (down) {
        http.session.end("goodbye");
        return { loss: down };
      }
    }
    if (signal.aborted) return http;
    const reason = `${whatWasSeen(socket, patienceMs)}: streaming over HTTP instead`;
    passage.blocked = { at: Date.now(), reason };
    return withReason(http, reason);
  } finally {
    // Sockets that are still being opened; a session that is open has let go of this signal.
    scope.abort();
  }
}

function trySocket({ options, events }: OpenOptions, signal: AbortSignal): Promise<Opening> {
  return new Promise((resolve) => {
    try {
      const session = openSocketSession(options, {
        onOpen() {
          letGo();
          resolve({ session });
        },
        onConfirmed: (confirmed) => events.onConfirmed(confirmed),
        onLost(lost) {
          letGo();
          resolve({ loss: lost.loss ?? {} });
          events.onLost(lost);
        },
      });
      const letGo = onAbort(signal, () => {
        session.end("dead");
        resolve({ loss: {} });
      });
    } catch (thrown) {
      // A platform without WebSockets, or one that forbids this address.
      resolve({ loss: { detail: String(thrown) } });
    }
  });
}

function answerMs({ silenceMs }: ResolvedOptions): number {
  return Math.min(ANSWER_MS, silenceMs);
}

async function tryHttp({ options, events }: OpenOptions, signal: AbortSignal): Promise<Opening> {
  const loss = await askServer(options, answerMs(options), signal);
  if (loss) return { loss };
  try {
    // Loaded by those who need it.
    const { openHttpSession } = await import("./http-session.js");
    return signal.aborted ? { loss: {} } : { session: openHttpSession(options, events) };
  } catch (thrown) {
    return { loss: { detail: String(thrown) } };
  }
}

/** What `promise` comes to within `ms`, else nothing. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)));
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** True when it may be something in between that kept the socket from opening, and not the server. */
function isBlocked(opening: Opening): boolean {
  if ("session" in opening) return false;
  const { code, refusal, status } = opening.loss;
  return !refusal && status !== TOO_MANY_REQUESTS && !(code !== undefined && (code >= 4_000 || FROM_SERVER.has(code)));
}

function unblock(passage: Passage, opening: Opening): Opening {
  if ("session" in opening) {
    delete passage.blocked;
    passage.failed = false;
  }
  return opening;
}

function endWhenOpen(opening: Promise<Opening>): void {
  void opening.then((late) => "session" in late && late.session.end("goodbye"));
}

function withReason(opening: Opening, reason: string): Opening {
  return "session" in opening ? { ...opening, reason } : opening;
}

/** What was seen of a WebSocket that did not come about, and no more: a browser may have held it back itself. */
function whatWasSeen(opening: Opening | undefined, patienceMs: number): string {
  if (!opening || "session" in opening)
    return `WebSocket gets no answer here (nothing came back on it within ${patienceMs / 1_000} s)`;
  const { status } = opening.loss;
  return `WebSocket is blocked here (${status === undefined ? "it could not be opened" : `the upgrade was answered ${status}`})`;
}
