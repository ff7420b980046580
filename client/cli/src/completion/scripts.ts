import { bashScript } from "./bash.js";
import { fishScript } from "./fish.js";
import { zshScript } from "./zsh.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** What the shell has to read to complete `stagewire`: commands, options, their values, and ids of runs. */
export function completionScript(shell: (typeof SHELLS)[number]): string {
  return SCRIPTS[shell]();
}
