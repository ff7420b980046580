import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@stagewire/client";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, startBrowser, type TestBrowser } from "../support/browser.js";
import { HooksPage } from "../support/hooks-page.js";
import type { HooksPageWindow } from "../support/hooks-page-main.js";
import { startScriptedModel } from "../support/scripted-model.js";
import { startServer, temporaryFolder } from "../support/start-server.js";
import { countWatches } from "../support/watches.js";

describe.skipIf(chromiumMissing)(`React hooks (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`, () => {
  let browser: TestBrowser;
  let script: string;
  beforeAll(async () => {
    [browser, script] = await Promise.all([startBrowser(), bundle()]);
  });
  afterAll(() => browser[Symbol.asyncDispose]());

  test("rendered on a server, hydrated in StrictMode: one socket, one watch a kind, no commit without a change", async () => {
    await using model = await startScriptedModel();
    await using web = await temporaryFolder();
    const put = (name: string, text: string) => writeFile(join(web.path, name), text);
    await put("hooks.js", script);
    await put("favicon.ico", "");
    await using server = await startServer({ webRoot: web.path, openaiBaseUrl: model.baseUrl, model: "some-model" });
    const watches = countWatches(server);
    const { runId } = await server.engine.start({ task: "a URL shortener" });

    await using client = createClient({ url: server.url });
    const html = renderToString(createElement(HooksPage, { client, runId, commits: {} }));
    expect(html).toContain("unknown");
    expect([client.connection.state.status, watches.count]).toEqual(["idle", 0]);

    await put(
      "index.html",
      `<!doctype html><div id="root">${html}</div><script type="module" src="/hooks.js"></script>`,
    );
    const { page, complaints } = await browser.open(`${server.url}/healthz`);
    const sockets = { opened: 0, open: 0 };
    page.on("websocket", (socket) => {
      sockets.opened++;
      sockets.open++;
      socket.once("close", () => sockets.open--);
    });
    await page.clock.install();
    await page.goto(`${server.url}/runs/${runId}`);

    const call = await model.next();
    const words = Array.from({ length: 20 }, (_, index) => `word${index} `);
    for (const [index, word] of words.entries()) {
      call.write(word);
      if (index % 5 === 4)
        await page
          .getByText(
            words
              .slice(0, index + 1)
              .join("")
              .trim(),
          )
          .first()
          .waitFor();
    }
    await page.getByText("1 runs").waitFor();
    expect(sockets.opened).toBe(1);
    // One for both parts that show the run, one for both that show its events.
    expect(watches.count).toBe(2);
    expect(watches.texts).toHaveLength(2);

    // A commit is for something new, but for the second one that StrictMode makes of each part's first.
    const repeated = await page.evaluate(() => {
      const { commits } = globalThis as unknown as HooksPageWindow;
      const parts: Record<string, number> = { run: 2, events: 2, runs: 1, connection: 1, controls: 1 };
      return Object.entries(commits).map(([name, states]) => {
        const times = new Map<unknown, number>();
        for (const state of states) times.set(state, (times.get(state) ?? 0) + 1);
        const most = Math.max(...[...times].filter(([state]) => state !== states[0]).map(([, count]) => count), 0);
        return { name, tooMany: most > (parts[name] ?? 0) };
      });
    });
    expect(repeated.map(({ name }) => name).toSorted()).toEqual(["connection", "controls", "events", "run", "runs"]);
    expect(repeated.filter(({ tooMany }) => tooMany)).toEqual([]);
    const commits = await page.evaluate(() => {
      const { connection, controls } = (globalThis as unknown as HooksPageWindow).commits;
      return { connection: connection?.length, controls: controls?.length };
    });
    // Idle, connecting, open, and the first once more: tokens are none of its business.
    expect(commits.connection).toBeLessThanOrEqual(4);
    expect(commits.controls).toBeLessThanOrEqual(2);

    await page.evaluate(() => (globalThis as unknown as HooksPageWindow).unmount());
    await page.clock.fastForward(6_000);
    await expect.poll(() => watches.count).toBe(0);
    await page.clock.fastForward(3_000);
    await expect.poll(() => sockets.open).toBe(0);
    expect(sockets.opened).toBe(1);
    expect(complaints).toEqual([]);
  });
});

/** The page's program, with the React that checks more: only that one has StrictMode mount everything twice. */
async function bundle(): Promise<string> {
  const result = await build({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    configFile: false,
    logLevel: "silent",
    mode: "development",
    define: { "process.env.NODE_ENV": '"development"' },
    build: {
      write: false,
      minify: false,
      rolldownOptions: {
        input: fileURLToPath(new URL("../support/hooks-page-main.ts", import.meta.url)),
        output: { format: "es", codeSplitting: false },
      },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (!output || !("output" in output)) throw new Error("vite built nothing");
  const chunks = output.output.filter((file) => file.type === "chunk");
  if (chunks.length !== 1) throw new Error(`vite built ${chunks.length} chunks, not one`);
  return chunks[0]?.code ?? "";
}
