import { connect, createServer } from "node:net";
import { listen } from "./listen.mjs";

/** A line to a server that can be cut: what is connected breaks off, and nothing gets through until it is mended. */
export async function openLine(target) {
  const { hostname, port } = new URL(target);
  let broken = false;
  const server = createServer((near) => {
    if (broken) return void near.resetAndDestroy();
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      socket.on("error", () => undefined);
      socket.once("close", () => other.destroy());
      socket.pipe(other);
    }
  });
  const { url, sockets, close } = await listen(server);
  return {
    url,
    close,
    cut() {
      broken = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    mend() {
      broken = false;
    },
  };
}
