import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy whose connections a test can break at any moment. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Destroys every connection, on both sides, in the middle of whatever it carries. */
  cut(): void;
  /** Cuts, and breaks off whatever connects from now on: as if nobody listened there. */
  down(): void;
  /** Takes connections again. */
  up(): void;
  /** What the target says is lost from now on, on the connections that are open; what is said to it arrives. */
  mute(): void;
  /** Forwards nothing any more and keeps the connections open: to both sides the other one has fallen silent. */
  freeze(): void;
  /** Goes on with what was held back. */
  thaw(): void;
}

/** `target` is where connections go; a function is asked for each of them. */
export async function startCuttingProxy(target: string | (() => string)): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const others = new Map<Socket, Socket>();
  const fars = new Set<Socket>();
  let accepted = 0;
  let frozen = false;
  let gone = false;
  const server = createServer((near) => {
    if (gone) {
      near.resetAndDestroy();
      return;
    }
    accepted++;
    const { hostname, port } = new URL(typeof target === "string" ? target : target());
    const far = connect(Number(port), hostname);
    fars.add(far);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => {
        sockets.delete(socket);
        others.delete(socket);
        fars.delete(socket);
        other.destroy();
      });
      others.set(socket, other);
      if (!frozen) socket.pipe(other);
    }
  });
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    cut,
    down() {
      gone = true;
      cut();
    },
    up() {
      gone = false;
    },
    mute() {
      for (const far of fars) far.unpipe().resume();
    },
    freeze() {
      frozen = true;
      for (const [socket, other] of others) socket.unpipe(other).pause();
    },
    thaw() {
      if (!frozen) return;
      frozen = false;
      for (const [socket, other] of others) socket.pipe(other);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      cut();
      await once(server, "close");
    },
  };
}
