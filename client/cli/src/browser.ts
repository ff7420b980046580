import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Context } from "./context.js";

/** The program that shows an address in a browser; `undefined` where there is none to be had. */
function browserCommand(env: Context["env"], platform: NodeJS.Platform): readonly string[] | undefined {
  const chosen = env["BROWSER"]?.trim();
  if (chosen) return chosen.split(/\s+/);
  if (platform === "darwin") return ["open"];
  // `start` is the shell's own; its first quoted argument is a title.
  if (platform === "win32") return ["cmd", "/c", "start", '""'];
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? ["xdg-open"] : undefined;
}

/** Shows `address` in the browser. Resolves with why that was not possible, or with nothing; waits for no window. */
export async function openInBrowser(address: string, env: Context["env"]): Promise<string | undefined> {
  const command = browserCommand(env, process.platform);
  if (!command) return "there is no browser here (no DISPLAY; BROWSER names another)";
  const [program = "", ...args] = command;
  const child = spawn(program, [...args, address], { detached: true, stdio: "ignore" });
  child.unref();
  try {
    await once(child, "spawn");
    return undefined;
  } catch (error) {
    return `${program} can't be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}
