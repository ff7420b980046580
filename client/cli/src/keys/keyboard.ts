import { readFileSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { keysIn } from "./key-presses.js";

/** The terminal's keys, one by one and without an echo. Disposing gives the terminal back as it was. */
export interface Keyboard extends Disposable {
  /** Sends each key to `listener` from now on. */
  onKey(listener: (key: string) => void): void;
  /** Calls `listener` when the command goes on after it was stopped: others may have written to the terminal. */
  onContinue(listener: () => void): void;
}

/**
 * Takes the keys over from the terminal. Ctrl-C, Ctrl-Z and Ctrl-\ do what they do elsewhere. `undefined` where stdin
 * is no terminal, or has been read to its end.
 */
export function openKeyboard(stdin: NodeJS.ReadStream): Keyboard | undefined {
  if (!stdin.isTTY || stdin.readableEnded) return undefined;
  const decoder = new StringDecoder("utf8");
  let keyListener: ((key: string) => void) | undefined;
  let continueListener: (() => void) | undefined;
  let taken = false;

  const take = () => {
    // A job in the background that touches its terminal is stopped by it.
    if (taken || !inForeground()) return;
    taken = true;
    stdin.setRawMode(true).resume();
  };
  const giveBack = () => {
    if (!taken) return;
    taken = false;
    stdin.setRawMode(false).pause();
  };
  const onData = (chunk: Buffer | string) => {
    for (const key of keysIn(typeof chunk === "string" ? chunk : decoder.write(chunk))) {
      if (key === "\u0003") process.kill(process.pid, "SIGINT");
      else if (key === "\u001a" || key === "\u001c") stop(key === "\u001a" ? "SIGTSTP" : "SIGQUIT");
      else keyListener?.(key);
    }
  };
  const stop = (signal: NodeJS.Signals) => {
    giveBack();
    // To the whole job, as the terminal itself would.
    process.kill(0, signal);
  };
  const onContinued = () => {
    take();
    continueListener?.();
  };
  stdin.on("data", onData);
  process.on("SIGCONT", onContinued);
  stdin.pause();
  take();
  return {
    onKey: (listener) => (keyListener = listener),
    onContinue: (listener) => (continueListener = listener),
    [Symbol.dispose]() {
      stdin.off("data", onData);
      process.off("SIGCONT", onContinued);
      giveBack();
    },
  };
}

/** Whether this process may use its terminal. Known on Linux only; elsewhere it is taken for granted. */
function inForeground(): boolean {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    // Behind the name, which can hold anything: state, parent, group, session, terminal, the terminal's group.
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    return true;
  }
}
