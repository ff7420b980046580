import type { ErrorBody, SocketIoClientEvents, SocketIoServerEvents } from "@stagewire/server";
import { io, type Socket } from "socket.io-client";
import { createRecorder, type Door, DoorError, type WatchOptions } from "./door.js";

/** A socket as a typed client has it. */
export type TypedSocket = Socket<SocketIoServerEvents, SocketIoClientEvents>;

/** Opens a connection of its own. */
export function openSocketIo(url: string, transports: ("websocket" | "polling")[] = ["websocket"]): TypedSocket {
  return io(url, { forceNew: true, transports, reconnectionDelay: 20, reconnectionDelayMax: 200 });
}

/** Socket.IO, with its own client: one connection, many runs; after a drop each watch goes on by its cursor. */
export const socketIoDoor: Door = {
  name: "Socket.IO",
  async connect(url) {
    const socket = openSocketIo(url);
    // One watch a run on a socket: more of one run need sockets of their own.
    const others: TypedSocket[] = [];
    const watched = new Set<string>();
    return {
      start: async (input) => answerOf(await socket.emitWithAck("start", input)),
      control: async (envelope) => answerOf(await socket.emitWithAck("control", envelope)),
      watch(runId, options = {}) {
        const own = watched.has(runId) ? openSocketIo(url) : socket;
        if (own !== socket) others.push(own);
        watched.add(runId);
        return watchRun(own, runId, options);
      },
      async [Symbol.asyncDispose]() {
        for (const each of [socket, ...others]) each.disconnect();
      },
    };
  },
};

function watchRun(socket: TypedSocket, runId: string, { lastEventId, detail }: WatchOptions) {
  const recorder = createRecorder();
  const ask = async () => {
    const cursor = recorder.cursors.at(-1)?.cursor ?? lastEventId;
    const answer = await socket.emitWithAck("watch", {
      runId,
      ...(cursor !== undefined && { lastEventId: cursor }),
      ...(detail && { detail }),
    });
    if ("error" in answer) recorder.fail(errorOf(answer.error));
    else if (!answer.watching) recorder.end();
  };
  const onEvents: SocketIoServerEvents["events"] = (frame) => {
    if (frame.runId !== runId) return;
    recorder.put(frame.events, frame.cursor);
    if (frame.events.at(-1)?.type === "run_complete") recorder.end();
  };
  const onFailure: SocketIoServerEvents["failure"] = ({ runId: failed, error }) => {
    if (failed === runId) recorder.fail(errorOf(error));
  };
  const onDisconnect = () => socket.once("connect", () => void ask().catch(() => {}));
  socket.on("events", onEvents);
  socket.on("failure", onFailure);
  socket.on("disconnect", onDisconnect);
  ask().catch((error: unknown) => recorder.fail(error));
  return {
    ...recorder,
    stop() {
      socket.off("events", onEvents);
      socket.off("failure", onFailure);
      socket.off("disconnect", onDisconnect);
      void socket.emitWithAck("unwatch", { runId }).catch(() => {});
    },
  };
}

function answerOf<T extends object>(answer: T | { error: ErrorBody }): T {
  if ("error" in answer) throw errorOf(answer.error);
  return answer;
}

function errorOf({ code, message }: ErrorBody): DoorError {
  return new DoorError(code, message);
}
