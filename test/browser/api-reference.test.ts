import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { CHROMIUM, chromiumMissing, sidewaysScroll, startBrowser } from "../support/browser.js";
import { startServer } from "../support/start-server.js";

describe.skipIf(chromiumMissing)(
  `the API's reference page (needs Chromium at ${CHROMIUM}, or STAGEWIRE_CHROMIUM)`,
  () => {
    test("keeps to its content security policy, fits a phone, and has no accessibility faults", async () => {
      await using server = await startServer();
      await using browser = await startBrowser();
      const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
      for (const [width, colorScheme] of [
        [360, "dark"],
        [1280, "light"],
      ] as const) {
        const { page, complaints } = await browser.open(`${server.url}/api`, {
          colorScheme,
          viewport: { width, height: 800 },
        });
        await page.getByRole("heading", { name: "Watch a run" }).waitFor();
        expect(await sidewaysScroll(page)).toBe(0);
        await page.evaluate(axe);
        const found = await page.evaluate<string[]>(
          "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ help }) => help))",
        );
        expect(found).toEqual([]);
        expect(complaints).toEqual([]);
      }
    });

    test("a browser's EventSource shows a run to its end, and stops", async () => {
      await using server = await startServer();
      await using browser = await startBrowser();
      const { runId } = await server.engine.start({ task: "build it" });
      const { page } = await browser.open(`${server.url}/api`);
      await server.engine.control({ commandId: "c", runId, command: { type: "cancel", when: "now" } }, "local");
      const types = await page.evaluate<string[]>(`new Promise((resolve) => {
      const types = [];
      const source = new EventSource("/api/runs/${runId}/events");
      source.onmessage = ({ data }) => types.push(JSON.parse(data).type);
      source.onerror = () => source.readyState === EventSource.CLOSED && resolve(types);
    })`);
      expect(types[0]).toBe("run_start");
      expect(types.at(-1)).toBe("run_complete");
      expect(new Set(types.filter((type) => type === "run_complete")).size).toBe(1);
    });
  },
);
