import "./node-version.mjs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

// What is measured must be what stands in the sources. What the compiler says goes to stderr: stdout may be JSON.
const { status } = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "client/cli"], {
  cwd: root,
  stdio: ["ignore", 2, 2],
});
if (status === 0) await import("../test/bench/bench.mjs");
else process.exitCode = 1;
