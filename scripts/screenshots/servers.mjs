import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../lib/run.mjs";

/**
 * Starts `stagewire serve` in a folder of its own. It works on two runs at once, and asks the demo model unless
 * `environment` names another. Resolves with its address, and with `close`, which ends it and forgets its runs.
 */
export async function startServer(environment = {}) {
  const data = mkdtempSync(join(tmpdir(), "stagewire-screenshots-"));
  const flags = ["serve", "--port", "0", "--data", data, "--max-concurrent-runs", "2", "--json"];
  const server = spawn(process.execPath, [join(root, "client/cli/bin/stagewire.mjs"), ...flags], {
    cwd: data,
    env: { ...plainEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(server, "exit");
  const [hello] = await Promise.race([
    once(createInterface({ input: server.stdout }), "line"),
    gone.then(() => Promise.reject(new Error("The server ended at its start; what it said is above."))),
  ]);
  return {
    url: JSON.parse(hello).url,
    async close() {
      server.kill("SIGTERM");
      await gone;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** This environment without what would configure the server or name a model's. */
function plainEnvironment() {
  const names = /^(STAGEWIRE_|OPENAI_|PORT$|HOST$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.test(name)));
}
