import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { build } from "vite";

const LIMIT_BYTES = 30 * 1024;

/** One minified ES module for browsers with everything that `code` imports. */
async function bundle(code: string): Promise<{ text: string; modules: string[]; early: string[] }> {
  const entry = fileURLToPath(new URL("sdk-size.entry.js", import.meta.url));
  const result = await build({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    configFile: false,
    logLevel: "silent",
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [
      {
        name: "entry",
        enforce: "pre",
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
    build: {
      write: false,
      minify: true,
      // As an app's bundle: vite's library mode leaves the whitespace of ES modules for its user to remove.
      rolldownOptions: {
        input: entry,
        external: ["react", "react/jsx-runtime"],
        preserveEntrySignatures: "strict",
        output: { format: "es" },
      },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (!output || !("output" in output)) throw new Error("vite built nothing");
  const chunks = output.output.filter((file) => file.type === "chunk");
  const later = new Set(chunks.flatMap((chunk) => chunk.dynamicImports));
  return {
    text: chunks.map((chunk) => chunk.code).join("\n"),
    modules: chunks.flatMap((chunk) => chunk.moduleIds),
    early: chunks.flatMap((chunk) => (later.has(chunk.fileName) ? [] : chunk.moduleIds)),
  };
}

test("createClient and all it imports fit into 30 kB gzip, without zod, ws and a markdown parser", async () => {
  const { text, modules, early } = await bundle('export { createClient } from "@stagewire/client";');
  const bytes = gzipSync(text, { level: 9 }).byteLength;
  console.info(`@stagewire/client: ${bytes} bytes gzip of ${LIMIT_BYTES}`);
  expect(text).toContain("connectionParams");
  expect(
    modules.filter((id) => /node_modules\/(zod|ws|m(dast|icromark)[a-z-]*)\/|websocket\/node\.js/.test(id)),
  ).toEqual([]);
  const overHttp = (id: string) => /eventsource|http-session/.test(id);
  expect(modules.some(overHttp)).toBe(true);
  expect(early.filter(overHttp)).toEqual([]);
  expect(bytes).toBeLessThanOrEqual(LIMIT_BYTES);
}, 60_000);
