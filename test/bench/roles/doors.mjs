import { once } from "node:events";

const DATA = Buffer.from('"type":"data"');
const STARTED = Buffer.from('"type":"started"');
const ERROR = Buffer.from('"error":{');

/** tRPC's WebSocket protocol, spoken by hand. */
function trpc(path) {
  return {
    async subscribe(socket, input, onSent) {
      await once(socket, "open");
      const started = new Promise((resolve, reject) => {
        const look = (data) => {
          if (data.includes(ERROR)) reject(new Error(`the subscription was refused: ${data}`));
          if (!data.includes(STARTED)) return;
          socket.off("message", look);
          resolve();
        };
        socket.on("message", look);
      });
      onSent?.();
      socket.send(JSON.stringify({ id: 1, jsonrpc: "2.0", method: "subscription", params: { path, input } }));
      await started;
    },
    isEvent(data, socket) {
      if (data.length === 4 && data.toString() === "PING") socket.send("PONG");
      return data.subarray(0, 80).includes(DATA);
    },
    seq: (data) => Number(/"id":"\d+-(\d+)"/.exec(data.toString("latin1", 0, 120))?.[1]),
  };
}

/** How each contender is watched. `isEvent` tells frames that carry events from the protocol's own, and answers those. */
export const doors = {
  stagewire: trpc("runs.events"),
  "plain-trpc": trpc("events"),
  "raw-ws": {
    async subscribe(socket, { after }, onSent) {
      await once(socket, "open");
      onSent?.();
      if (after !== undefined) socket.send(JSON.stringify({ after }));
    },
    isEvent: () => true,
    seq: (data) => Number(/"seq":(\d+)/.exec(data.toString("latin1", 0, 120))?.[1]),
  },
  "socket-io": {
    async subscribe(socket) {
      const joined = new Promise((resolve) => {
        socket.on("message", (data) => {
          if (data[0] === 0x30) socket.send("40");
          else if (data.length >= 2 && data.toString("latin1", 0, 2) === "40") resolve();
        });
      });
      await joined;
    },
    isEvent(data, socket) {
      if (data.length === 1 && data[0] === 0x32) socket.send("3");
      return data[0] === 0x34 && data[1] === 0x32;
    },
  },
};
