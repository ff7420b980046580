// Contender: bare `ws`, one send a watcher for every token. The text is made once a token, which is kind to it.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { serveRole } from "../role.mjs";
import { readModel } from "./model-reader.mjs";

const http = createServer();
const wss = new WebSocketServer({ server: http, perMessageDeflate: false });
let replayed = [];
wss.on("connection", (socket) => {
  socket.on("message", (/** @type {Buffer} */ data) => {
    const { after } = JSON.parse(data.toString());
    for (const event of replayed) if (event.seq > after) socket.send(JSON.stringify(event));
  });
});

serveRole({
  async listen() {
    await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
    return { url: `ws://127.0.0.1:${http.address().port}/` };
  },
  start({ baseUrl, task }) {
    readModel(baseUrl, task, (event) => {
      const text = JSON.stringify(event);
      for (const client of wss.clients) client.send(text);
    }).catch(() => {});
  },
  /** Events that are sent, one a frame, to whoever asks with `{ after }`. */
  keep({ events }) {
    replayed = events;
  },
});
