import type { ConnectionState } from "@stagewire/client";
import type { Connection } from "../connect.js";
import type { RunEvent, RunView, ServerInfo } from "@stagewire/shared";

/** What is known when a run begins to be watched. */
export interface RunHead {
  readonly runId: string;
  /** The server's address. */
  readonly url: string;
  /** Address of the run's page. */
  readonly page: string;
  readonly model: ServerInfo["model"];
  /** The server's version. */
  readonly version: string;
  /** Folder of the run log, when the server runs in this process. */
  readonly localData?: string;
  /** What the events come over. */
  readonly transport: Connection["transport"];
}

/** How watching ended. */
export interface RunEnd {
  readonly code: number;
  /** One line: what became of the run. */
  readonly fate: string;
  readonly view: RunView;
  /** What goes to stdout in a pipe; missing when the run has not finished or the result goes to a file. */
  readonly result?: string;
}

/** One way to show a run. Methods are called in this order: `begin`, then any of the others, then `end`. */
export interface Renderer {
  begin(head: RunHead): void;
  /** `view` has the event folded in. Resolves when the next event may come. */
  event(event: RunEvent, view: RunView, signal: AbortSignal): void | Promise<void>;
  connection(state: ConnectionState): void;
  /** What stands in the status line's place, where there is one; `undefined` gives it back. */
  prompt(text: string | undefined): void;
  /** The terminal is ours again, after others may have written to it. */
  restored(): void;
  /** A line from the command itself, not from the run. */
  note(text: string): void;
  end(end: RunEnd): void;
}
