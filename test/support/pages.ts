import type { ServerOptions } from "@stagewire/server";
import type { RunOptions } from "@stagewire/shared";
import { webRoot } from "@stagewire/web";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { startBrowser, type TestBrowser } from "./browser.js";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.js";
import { startServer } from "./start-server.js";
import { type PlainClient, plainClient } from "./trpc.js";

/** A server with the web app, the model that it asks, and a browser to look at it with. There once the hooks have run. */
export interface Pages {
  readonly browser: TestBrowser;
  readonly model: ScriptedModel;
  readonly server: Awaited<ReturnType<typeof startServer>>;
  /** Somebody else who uses the same server. */
  readonly client: PlainClient;
  /** Starts a run and gives the address of its page. */
  start(task?: string, options?: RunOptions): Promise<string>;
}

/** Registers hooks: one browser a file, and with each test a new server and a new model. */
export function pagesPerTest(options: ServerOptions = {}): Pages {
  return pages(options, beforeEach, afterEach);
}

/** Registers hooks: browser, server and model serve all tests of the file. */
export function pagesPerFile(options: ServerOptions = {}): Pages {
  return pages(options, beforeAll, afterAll);
}

type Hook = (work: () => Promise<void>, timeout?: number) => void;

function pages(options: ServerOptions, before: Hook, after: Hook): Pages {
  let browser: TestBrowser | undefined;
  let opened: { model: ScriptedModel; server: Pages["server"] } | undefined;
  let client: PlainClient | undefined;

  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.[Symbol.asyncDispose]());
  before(async () => {
    const model = await startScriptedModel();
    const server = await startServer({ webRoot, openaiBaseUrl: model.baseUrl, model: "some-model", ...options });
    opened = { model, server };
  });
  after(async () => {
    await client?.[Symbol.asyncDispose]();
    client = undefined;
    await opened?.server.close();
    await opened?.model[Symbol.asyncDispose]();
  });

  return {
    get browser() {
      return there(browser);
    },
    get model() {
      return there(opened).model;
    },
    get server() {
      return there(opened).server;
    },
    get client() {
      return (client ??= plainClient(there(opened).server.url));
    },
    async start(task = "build it", runOptions = {}) {
      const { server } = there(opened);
      const { runId } = await server.engine.start({ task, options: runOptions });
      return `${server.url}/runs/${runId}`;
    },
  };
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it is opened by a hook: use it inside of a test");
  return value;
}
