import { fileURLToPath } from "node:url";
import { createViteServer } from "vitest/node";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Gives `act` what a TypeScript module of the tests exports; vitest's own loader runs it, as it runs the tests. */
export async function withTypeScript(path, act) {
  const loader = await createViteServer({
    root,
    configFile: false,
    logLevel: "error",
    oxc: { target: "node20" },
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  });
  try {
    return await act(await loader.ssrLoadModule(path));
  } finally {
    await loader.close();
  }
}
