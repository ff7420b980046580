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
  /** Where a server listens that was started in this folder, as far as only its config file says so. */
  readonly configPort?: number;
  readonly interrupts: Interrupts;
  /** This command's version. */
  readonly version: string;
}
