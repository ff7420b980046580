import { exitCodeOfSignal } from "./exit-codes.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type Interrupt = (typeof SIGNALS)[number];

/** Signals that ask the command to end. One that comes before anybody asked for it waits, so that none is lost. */
export interface Interrupts extends Disposable {
  /** Sends signals to `handler` from now on, those that wait included. */
  handle(handler: (signal: Interrupt) => void): void;
}

/** Takes the signals over from Node. While nobody handles them, the second one ends the process at once. */
export function createInterrupts(): Interrupts {
  const waiting: Interrupt[] = [];
  let current: ((signal: Interrupt) => void) | undefined;
  const listener = (signal: NodeJS.Signals) => {
    if (!isInterrupt(signal)) return;
    if (current) current(signal);
    else if (waiting.push(signal) > 1) process.exit(exitCodeOfSignal(signal));
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    handle(handler) {
      current = handler;
      for (const signal of waiting.splice(0)) handler(signal);
    },
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}

function isInterrupt(signal: NodeJS.Signals): signal is Interrupt {
  return (SIGNALS as readonly string[]).includes(signal);
}
