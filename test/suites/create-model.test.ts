import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { configSchema, createModel } from "@stagewire/server";
import { expect, test } from "vitest";

/** A model server that answers `GET /models` like this. */
async function startServer(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const create = (openaiBaseUrl: string, openaiApiKey?: string) =>
  createModel(configSchema.parse({ openaiBaseUrl, ...(openaiApiKey && { openaiApiKey }) }));

test("without a model's name the first one that the server offers is taken", async () => {
  await using server = await startServer((_request, response) =>
    response
      .setHeader("content-type", "application/json")
      .end(JSON.stringify({ data: [{ id: "one" }, { id: "two" }] })),
  );
  await using model = await create(server.baseUrl);
  expect(model.info).toEqual({ kind: "openai", name: "one", baseUrl: server.baseUrl });
});

test("a refused key is called a refused key", async () => {
  await using server = await startServer((_request, response) =>
    response
      .writeHead(401, { "content-type": "application/json" })
      .end(JSON.stringify({ error: { message: "no such key" } })),
  );
  await expect(create(server.baseUrl, "bad-key-9f2a")).rejects.toMatchObject({
    code: "MODEL_AUTH",
    message: expect.stringMatching(/refused key …9f2a \(401\)/) as string,
  });
});

test("a server that is not there is called unreachable", async () => {
  const gone = await startServer(() => {});
  await gone[Symbol.asyncDispose]();
  await expect(create(gone.baseUrl)).rejects.toMatchObject({ code: "MODEL_UNREACHABLE" });
});

test("a server that names no model leads to the setting", async () => {
  await using server = await startServer((_request, response) => response.writeHead(404).end());
  await expect(create(server.baseUrl)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("set STAGEWIRE_MODEL") as string,
  });
});
