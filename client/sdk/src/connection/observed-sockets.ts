/** Why a socket is of no more use. */
export interface Loss {
  /** The close code, where the other end sent one. */
  readonly code?: number;
  /** The HTTP status that a request for a stream, or for a WebSocket, was answered with. Browsers don't tell of a WebSocket. */
  readonly status?: number;
  /** What the platform says of it; browsers say nothing. */
  readonly detail?: string;
}

/** What `ws` says when the upgrade was answered with a plain HTTP status. */
const HTTP_STATUS = /^Unexpected server response: (\d{3})$/;

export interface SocketEvents {
  opened(socket: WebSocket): void;
  /** Called with each text message, before tRPC reads it. */
  heard(text: string): void;
  /** Called once, when a socket is lost or closing and no other one is open. */
  lost(loss: Loss): void;
}

export interface ObservedSockets {
  /** To be used in place of the platform's WebSocket. */
  readonly Socket: typeof WebSocket;
  /**
   * Ends every socket, now and to come. A polite end says goodbye first and gives the other end a second to answer;
   * otherwise nothing is waited for.
   */
  end(polite: boolean): void;
}

/** How long the other end has for its part of a close, in ms. */
const CLOSE_GRACE_MS = 1_000;
const CLOSE_NORMAL = 1000;

/**
 * Sees every socket that tRPC's client opens. tRPC may open a second one and move over to it (when the server asks for
 * a reconnect), so what is lost is told only when no open one is left.
 */
export function observeSockets(Base: typeof WebSocket, events: SocketEvents): ObservedSockets {
  const live = new Set<WebSocket>();
  let ended = false;

  function leave(socket: WebSocket, loss: Loss): void {
    live.delete(socket);
    if (ended || [...live].some((other) => other.readyState === Base.OPEN)) return;
    ended = true;
    events.lost(loss);
  }

  class ObservedSocket extends Base {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      live.add(this);
      this.addEventListener("open", () => events.opened(this));
      this.addEventListener("message", ({ data }) => typeof data === "string" && events.heard(data));
      this.addEventListener("error", (event) => leave(this, whatIsSaid(String(Reflect.get(event, "message") ?? ""))));
      this.addEventListener("close", ({ code }) => leave(this, { code }));
      if (ended) drop(this);
    }

    /** What is sent to a socket that closes is lost, by the standard; browsers also complain of it on the console. */
    override send(data: Parameters<WebSocket["send"]>[0]): void {
      if (this.readyState < this.CLOSING) super.send(data);
    }

    /** A socket that begins to close is lost at once: a frozen server never answers the close. */
    override close(code?: number, reason?: string): void {
      super.close(code, reason);
      leave(this, code === undefined ? {} : { code });
      // With a code it is a goodbye, or `ws` answering the server's own close: that must still go out.
      if (code === undefined) drop(this);
      else this.#dropLater();
    }

    #dropLater(): void {
      const timer = setTimeout(() => drop(this), CLOSE_GRACE_MS);
      this.addEventListener("close", () => clearTimeout(timer));
    }
  }

  return {
    Socket: ObservedSocket,
    end(polite) {
      ended = true;
      for (const socket of [...live]) {
        if (polite && socket.readyState === Base.OPEN) socket.close(CLOSE_NORMAL);
        else drop(socket);
      }
      live.clear();
    },
  };
}

function whatIsSaid(detail: string): Loss {
  const status = HTTP_STATUS.exec(detail)?.[1];
  return { detail, ...(status !== undefined && { status: Number(status) }) };
}

/** Only `ws` has `terminate`; a browser's socket is told to close and forgotten. */
function drop(socket: WebSocket): void {
  if ("terminate" in socket && typeof socket.terminate === "function") socket.terminate();
  else if (socket.readyState < socket.CLOSING) socket.close();
}
