import "./node-version.mjs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { withTypeScript } from "./lib/load-typescript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

// What is tried must be what stands in the sources.
const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "client/cli"], {
  cwd: root,
  stdio: "inherit",
});
// Sockets that a fault froze may be slow to close; everything that matters has been disposed of.
process.exit(status === 0 ? await run(process.argv.slice(2)) : 1);

function run(args) {
  return withTypeScript("/test/faults/main.ts", ({ main }) => main(args));
}
