import { type PipelineInfo, initialView } from "@stagewire/shared";
import * as fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import {
  type KeyAction,
  keysIn,
  type KeyState,
  press,
  promptOf,
  READY,
} from "../../client/cli/src/keys/key-presses.js";
import { programName } from "../../client/cli/src/program.js";
import { type StatusFacts, statusLine } from "../../client/cli/src/render/status-line.js";

/** What a person gets who types `sent` at once. */
function typed(sent: string): { actions: KeyAction[]; state: KeyState } {
  let state: KeyState = READY;
  const actions: KeyAction[] = [];
  for (const key of keysIn(sent)) {
    const pressed = press(state, key);
    state = pressed.state;
    if (pressed.action) actions.push(pressed.action);
  }
  return { actions, state };
}

describe("keys", () => {
  test("each does what the page's key does, and others do nothing", () => {
    const does = (sent: string) => typed(sent).actions.map((action) => action.do);
    expect(does("psdo?")).toEqual(["pause", "skip", "detach", "open", "keys"]);
    expect(does("xx")).toEqual(["cancel"]);
    expect(does("xpx")).toEqual([]);
    expect(does("xp p")).toEqual(["pause"]);
    expect(does("\u001b[Aqz\u001bOP\r日🧵")).toEqual([]);
    expect(promptOf(typed("x").state)).toMatch(/^x again cancels/);
  });

  test("a guidance is typed like on any line, and keys in it are text", () => {
    const said = (sent: string) => typed(`g${sent}\r`).actions;
    expect(said("no xx, please")).toEqual([{ do: "guide", text: "no xx, please" }]);
    expect(said("日本\u007f🧵\u007f語")).toEqual([{ do: "guide", text: "日語" }]);
    expect(said("one two\u0017three")).toEqual([{ do: "guide", text: "one three" }]);
    expect(said("all wrong\u0015right")).toEqual([{ do: "guide", text: "right" }]);
    expect(said("\u001b[Da\u001b[C")).toEqual([{ do: "guide", text: "a" }]);
    expect(said("  ")).toEqual([]);
    expect(typed("gnever mind\u001b")).toEqual({ actions: [], state: READY });
  });

  test("whatever is typed, only whole commands come out and a cancel takes two x", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("x", "g", "p", "\r", "\u001b", "\u007f", "a", " ", "🧵") }),
        (sent) => {
          const { actions } = typed(sent);
          for (const action of actions) if (action.do === "guide") expect(action.text.trim()).toBe(action.text);
          if (!sent.includes("xx")) expect(actions.map((action) => action.do)).not.toContain("cancel");
        },
      ),
    );
  });
});

describe("status line", () => {
  const pipeline: PipelineInfo = {
    id: "build",
    title: "Build",
    stages: ["architecture", "implementation", "review", "refinement", "documentation"].map((id) => ({
      id,
      title: id,
    })),
  };
  const view = {
    ...initialView("k3f9"),
    seq: 1842,
    pipeline,
    createdAt: 1,
    updatedAt: 134_001,
    progress: { seq: 1, at: 1, phase: "streaming", elapsedMs: 1, message: "", tokensPerSecond: 82 },
    steps: [
      {
        stage: "refinement",
        iteration: 1,
        attempt: 1,
        model: "m",
        cause: "next",
        status: "running",
        startedAt: 1,
        attemptStartedAt: 1,
        attemptSeq: 2,
        output: "",
        reasoning: "",
        failures: 0,
      },
    ],
  } as const;
  const facts: StatusFacts = {
    view,
    connection: { status: "open", since: 0, transport: "websocket" },
    resume: "r",
    now: 100,
    eventAt: 100,
    tokenAt: 0,
  };

  test("loses the position first, then the rate, and never what runs and for how long", () => {
    expect(statusLine(facts)).toBe("▸ refinement 4/5 iteration 1 · 82 tok/s · last 0.1 s · 02:14 · #1842");
    expect(statusLine(facts, 66)).toBe("▸ refinement 4/5 iteration 1 · 82 tok/s · last 0.1 s · 02:14");
    expect(statusLine(facts, 55)).toBe("▸ refinement 4/5 iteration 1 · last 0.1 s · 02:14");
    expect(statusLine(facts, 40)).toBe("▸ refinement 4/5 iteration 1 · 02:14");
    expect(statusLine(facts, 24)).toBe("▸ refinement 4/… · 02:14");
    for (let width = 1; width < 80; width++) {
      const line = statusLine(facts, width);
      expect(stringWidth(line)).toBeLessThanOrEqual(width);
      if (width >= 12) expect(line).toContain("02:14");
    }
  });
});

describe("the command's own name", () => {
  test("is stagewire only where the shell finds it, whatever npx put into the path", () => {
    expect(programName("/nowhere")).toBe("npx stagewire");
    expect(programName(undefined)).toBe("npx stagewire");
    expect(programName(`${process.cwd()}/node_modules/.bin`)).toBe("npx stagewire");
  });
});
