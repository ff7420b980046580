import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's folder, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A phase that did not work; what the tool said was printed already. */
class PhaseFailed extends Error {}

/**
 * Runs a program as one phase: one line for it with how long it took, and its output only when it fails.
 * Rejects when it exits with anything but 0.
 */
export function phase(title, command, args, { shell = false } = {}) {
  const begun = performance.now();
  process.stdout.write(title);
  return new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(command, args, { cwd: root, shell, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      process.stdout.write("\n");
      reject(error);
    });
    child.on("close", (code, signal) => {
      process.stdout.write(code === 0 ? `: ${((performance.now() - begun) / 1000).toFixed(1)} s\n` : "\n");
      if (code === 0) return resolve();
      process.stderr.write(Buffer.concat(output));
      reject(new PhaseFailed(`${title}: failed (${signal ?? `exit code ${code}`}); what it said is above.`));
    });
  });
}

/** Ends the process as failed, with the message of a failed phase, or all of an error that nobody expected. */
export function fail(error) {
  console.error(error instanceof PhaseFailed ? error.message : error);
  process.exitCode = 1;
}
