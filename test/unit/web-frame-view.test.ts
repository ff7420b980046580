import { initialView, reduce, type RunEvent, type RunView, type StepView } from "@stagewire/shared";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { onlyTextGrew } from "../../client/web/src/run/frame-view.js";
import { arbitraryLog } from "../support/arbitrary-log.js";

/** What the page around the text can see of a run. */
function around(view: RunView): unknown {
  const begun = ({ output, reasoning, ...step }: StepView) => ({
    ...step,
    writes: output !== "",
    thinks: reasoning !== "",
  });
  return { ...view, seq: 0, updatedAt: 0, steps: view.steps.map(begun) };
}

function views(events: readonly RunEvent[]): RunView[] {
  let view = initialView(events[0]?.runId);
  return events.map((event) => (view = reduce(view, event)));
}

describe("the frame of a run's page", () => {
  test("is rendered again exactly when something else than text came, or a step began to write", () => {
    fc.assert(
      fc.property(arbitraryLog(), (events) => {
        const all = views(events);
        for (const [index, event] of events.entries()) {
          const [before, after] = [all[index - 1], all[index]];
          if (!before || !after) continue;
          const same = onlyTextGrew(before, after);
          if (same) expect(around(after)).toEqual(around(before));
          else if (event.type === "token") expect(around(after)).not.toEqual(around(before));
          if (event.type !== "token") expect(same).toBe(false);
        }
      }),
    );
  });

  test("stays over many tokens in a row", () => {
    fc.assert(
      fc.property(arbitraryLog(), (events) => {
        const all = views(events);
        const kept = events.flatMap((event, index) => {
          const next = events.findIndex(({ type }, at) => at > index && type !== "token");
          return event.type === "token" && next > index + 1 ? [[index, next - 1] as const] : [];
        });
        for (const [first, last] of kept) {
          const [before, after] = [all[first] as RunView, all[last] as RunView];
          expect(onlyTextGrew(before, after)).toBe(JSON.stringify(around(before)) === JSON.stringify(around(after)));
        }
      }),
    );
  });
});
