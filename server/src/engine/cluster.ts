import type { CommandEnvelope } from "@stagewire/shared";
import type { Commands } from "./commands.js";
import type { Slots } from "./slots.js";

/** What this engine does for the others that share its log. */
export interface ClusterNode {
  /** Keeps a run from now on; with `from` only while that is its newest epoch. Resolves once it is not kept here any more. */
  take(runId: string, from?: number): Promise<void>;
  /** False for a run whose pipeline is not configured here: it is left to those that have it. */
  knows(runId: string): Promise<boolean>;
  /** `undefined` when the run is not kept here; a promise while it is being taken up. */
  commands(runId: string): Promise<Commands> | undefined;
  /** Runs that have watchers here. */
  watched(): Iterable<string>;
}

/** Several engines on one log. An engine without one is alone, and keeps every run of its log. */
export interface Cluster extends AsyncDisposable {
  /** Places for runs, over all engines. */
  readonly slots: Slots;
  /** Begins to give `node` runs and commands. */
  join(node: ClusterNode): void;
  /**
   * Keeps a command until the engine that keeps its run has dealt with it: its `control` event says so. Resolves with
   * `closed` where the run has ended. Rejects with `RUN_NOT_FOUND` or `LOG_UNAVAILABLE`.
   */
  send(envelope: CommandEnvelope, by: string): Promise<"kept" | "closed">;
  /** Ms since a run was known to be watched anywhere. */
  lastWatched(runId: string): Promise<number | undefined>;
  /** Gives a run to whoever looks first. */
  release(runId: string, epoch: number): void;
  /** True in one engine at a time, but for seconds after it was cut off: what has to be done once is done there. */
  readonly leads: boolean;
  /** Calls `begin` each time that this engine starts to lead, and what it returned when that ends. */
  whileLeading(begin: () => AsyncDisposable): void;
  /** Takes no more runs. */
  drain(): void;
}
