// Contender: a tRPC subscription as its documentation shows it, one yield a watcher for every token.
import { EventEmitter, on } from "node:events";
import { createServer } from "node:http";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { serveRole } from "../role.mjs";
import { readModel } from "./model-reader.mjs";

const emitter = new EventEmitter().setMaxListeners(0);
const t = initTRPC.create();
const router = t.router({
  events: t.procedure.subscription(async function* ({ signal }) {
    for await (const [event] of on(emitter, "event", { signal })) yield event;
  }),
});
const http = createServer();
applyWSSHandler({ wss: new WebSocketServer({ server: http }), router });

serveRole({
  async listen() {
    await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
    return { url: `ws://127.0.0.1:${http.address().port}/` };
  },
  start({ baseUrl, task }) {
    readModel(baseUrl, task, (event) => emitter.emit("event", event)).catch(() => {});
  },
});
