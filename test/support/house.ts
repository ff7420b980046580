import type { ServerOptions } from "@stagewire/server";
import { startScriptedModel } from "./scripted-model.js";
import { startServer, temporaryFolder } from "./start-server.js";
import { plainClient } from "./trpc.js";

/** A data folder and a model that outlive servers, of which one runs at a time. */
export async function openHouse(options: ServerOptions = {}) {
  const folder = await temporaryFolder();
  const model = await startScriptedModel();
  const open: AsyncDisposable[] = [];
  const close = async () => {
    for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  };
  return {
    model,
    data: folder.path,
    /** Closes the server that runs, if any, and starts the next one on the same data. */
    async restart(more: ServerOptions = {}) {
      await close();
      const server = await startServer({
        data: folder.path,
        openaiBaseUrl: model.baseUrl,
        model: "scripted",
        ...options,
        ...more,
      });
      const client = plainClient(server.url);
      open.push(client, server);
      return {
        server,
        client,
        start: async (task = "build it") => (await client.trpc.runs.start.mutate({ task })).runId,
      };
    },
    async [Symbol.asyncDispose]() {
      await close();
      await model[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
