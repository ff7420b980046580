// Contender: Socket.IO, one emit to a room for every token.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { serveRole } from "../role.mjs";
import { readModel } from "./model-reader.mjs";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });
io.on("connection", (socket) => socket.join("run"));

serveRole({
  async listen() {
    await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
    return { url: `ws://127.0.0.1:${http.address().port}/socket.io/?EIO=4&transport=websocket` };
  },
  start({ baseUrl, task }) {
    readModel(baseUrl, task, (event) => io.to("run").emit("event", event)).catch(() => {});
  },
});
