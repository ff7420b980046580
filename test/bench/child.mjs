import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How long a process may take to go when it is asked to, in ms. */
const STOP_MS = 5_000;
/** How long an answer may take, in ms: more than any scenario needs. */
const ANSWER_MS = 45_000;

const running = new Set();

/**
 * Starts `roles/<name>.mjs` as a process of its own. `call(method, args)` asks it something and rejects when it fails
 * or dies; `stop()` ends it. `profiles` is the folder for CPU profiles of what it measures. A role also ends by itself when this process is gone.
 */
export function startRole(name, { profiles } = {}) {
  const file = fileURLToPath(new URL(`roles/${name}.mjs`, import.meta.url));
  const child = fork(file, [], {
    // stdout is the report's alone.
    stdio: ["ignore", 2, 2, "ipc"],
    serialization: "advanced",
    env: profiles === undefined ? process.env : { ...process.env, STAGEWIRE_BENCH_PROFILES: profiles },
  });
  const pending = new Map();
  let calls = 0;
  let gone;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const end = (why) => {
    gone ??= new Error(`The process "${name}" of the benchmark ${why}; what it said is above.`);
    running.delete(role);
    for (const { reject, timer } of pending.values()) {
      clearTimeout(timer);
      reject(gone);
    }
    pending.clear();
  };
  child.on("message", ({ id, error, result }) => {
    const call = pending.get(id);
    pending.delete(id);
    clearTimeout(call?.timer);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(`${name}: ${error}`));
  });
  child.once("error", (error) => end(`failed (${error.message})`));
  child.once("exit", (code, signal) => end(`ended (${signal ?? `exit code ${code}`})`));

  const role = {
    call(method, args = {}) {
      if (gone) return Promise.reject(gone);
      const id = ++calls;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(
            new Error(`The process "${name}" of the benchmark did not answer "${method}" in ${ANSWER_MS / 1_000} s.`),
          );
        }, ANSWER_MS);
        pending.set(id, { resolve, reject, timer });
        child.send({ id, method, args });
      });
    },
    async stop() {
      if (gone) return;
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      role.call("exit").catch(() => {});
      await exited;
      clearTimeout(timer);
    },
    kill: () => child.kill("SIGKILL"),
  };
  running.add(role);
  return role;
}

/** Starts roles with `start(name, options)`, gives them to `use`, and stops them whatever comes of it. */
export async function withRoles(use) {
  const roles = [];
  try {
    return await use((name, options) => {
      const role = startRole(name, options);
      roles.push(role);
      return role;
    });
  } finally {
    await Promise.all(roles.map((role) => role.stop()));
  }
}

/** Ends every process that was started here, at once. */
export function killRoles() {
  for (const role of running) role.kill();
}
