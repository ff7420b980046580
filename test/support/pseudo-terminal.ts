import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import { CLI, type CliProcess, startProcess } from "./cli-process.js";

/** Of util-linux. */
const SCRIPT = "/usr/bin/script";

/** True where there is nothing to make a pseudo terminal with. */
export const noTerminal = process.platform !== "linux" || !existsSync(SCRIPT);

/** A command in a terminal of its own. */
export interface PseudoTerminal extends CliProcess {
  /** Types keys. */
  press(keys: string): void;
  /** Makes the window another width, as a person does who drags its edge. */
  resize(columns: number): Promise<void>;
}

/** Runs `stagewire` in a pseudo terminal of 20 rows. */
export function inTerminal(args: readonly string[], columns: number, env: Record<string, string>): PseudoTerminal {
  const words = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(" ");
  // With `exec` the command is what `script` waits for: a shell that stays, as dash does, dies of the Ctrl-C itself.
  const running = startProcess(SCRIPT, ["-qefc", `stty cols ${columns} rows 20; exec ${words}`, "/dev/null"], {
    env: { TERM: "xterm", ...env },
  });
  const { pid = 0, stdin } = running.child;
  return {
    ...running,
    press: (keys) => void stdin?.write(keys),
    async resize(width) {
      const [command = ""] = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ");
      const terminal = await readlink(`/proc/${command}/fd/1`);
      await promisify(execFile)("stty", ["-F", terminal, "cols", String(width)]);
    },
  };
}
