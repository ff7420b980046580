import "./node-version.mjs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createViteServer } from "vitest/node";

const root = fileURLToPath(new URL("..", import.meta.url));

// What is tried must be what stands in the sources.
const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "client/cli"], {
  cwd: root,
  stdio: "inherit",
});
// Sockets that a fault froze may be slow to close; everything that matters has been disposed of.
process.exit(status === 0 ? await run(process.argv.slice(2)) : 1);

/** The campaign is TypeScript, as the tests are: vitest's own loader runs it. */
async function run(args) {
  const loader = await createViteServer({
    root,
    configFile: false,
    logLevel: "error",
    oxc: { target: "node20" },
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  });
  try {
    const { main } = await loader.ssrLoadModule("/test/faults/main.ts");
    return await main(args);
  } finally {
    await loader.close();
  }
}
