import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createPoster } from "../../server/src/gateways/webhooks/post.js";
import { freePort } from "../support/server-process.js";
import { startReceiver } from "../support/webhook-receiver.js";

test("a try ends when its time is up, without an answer or in the middle of one that has its status", async () => {
  await using silent = await startReceiver({ answer: () => "silence" });
  const message = { headers: {}, body: "{}" };
  const never = createPoster(silent.url.replace("/hook", "/hang"), 1, 200);
  const nobody = createPoster(`http://127.0.0.1:${await freePort()}/hook`, 1, 200);
  await using endless = await startEndlessAnswer(200);
  const taken = createPoster(endless.url, 1, 200);
  await using refusing = await startEndlessAnswer(500);
  const refused = createPoster(refusing.url, 1, 200);
  await expect(never.post(message)).rejects.toMatchObject({ message: "no answer within 0.2 s", gone: false });
  await expect(nobody.post(message)).rejects.toMatchObject({ message: "no answer (ECONNREFUSED)" });
  await expect(refused.post(message)).rejects.toMatchObject({ message: "it answered 500" });
  await taken.post(message);
  await Promise.all([never, nobody, taken, refused].map((poster) => poster.close()));
});

/** Answers with a status at once, and never comes to an end. */
async function startEndlessAnswer(status: number) {
  const server = createServer((_request, response) => response.writeHead(status).write("…"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
