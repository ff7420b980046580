import type { Args } from "./args.js";
import type { Interrupts } from "./interrupts.js";
import type { Output } from "./output.js";

/** What every command gets. */
export interface Context {
  readonly args: Args;
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly interrupts: Interrupts;
  /** This command's version. */
  readonly version: string;
}
