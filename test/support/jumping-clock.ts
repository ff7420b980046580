import { writeFileSync } from "node:fs";

/** The wall clock of a server process, which a test sets. */
export interface JumpingClock {
  /** For the server's environment. */
  readonly env: Record<string, string>;
  /** The server that is told, and those that are started later, are so many ms ahead; less than 0: behind. */
  set(offsetMs: number, server: { signal(signal: NodeJS.Signals): void }): void;
}

const PRELOAD = new URL("../faults/programs/jumping-clock.mjs", import.meta.url);

/** `file` keeps what the clock is set to, over restarts of the server. */
export function createJumpingClock(file: string): JumpingClock {
  return {
    env: { STAGEWIRE_TEST_CLOCK: file, NODE_OPTIONS: `--import ${PRELOAD.href}` },
    set(offsetMs, server) {
      writeFileSync(file, String(offsetMs));
      server.signal("SIGUSR1");
    },
  };
}
