import { describe } from "vitest";
import { appendBehaviours } from "./run-log-append.js";
import { compactBehaviours } from "./run-log-compact.js";
import { createBehaviours } from "./run-log-create.js";
import { deleteBehaviours } from "./run-log-delete.js";
import { listBehaviours } from "./run-log-lists.js";
import { placeBehaviours } from "./run-log-places.js";
import { readBehaviours } from "./run-log-read.js";
import type { LogFixture } from "./run-log-support.js";

export type { LogFixture } from "./run-log-support.js";

/** What every driver of `RunLog` must do: one test for each sentence of the interface. `open` gives an empty log. */
export function runLogSuite(name: string, open: () => Promise<LogFixture>): void {
  describe(`RunLog: ${name}`, () => {
    createBehaviours(open);
    appendBehaviours(open);
    readBehaviours(open);
    listBehaviours(open);
    compactBehaviours(open);
    deleteBehaviours(open);
    placeBehaviours(open);
  });
}
