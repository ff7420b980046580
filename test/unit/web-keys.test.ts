import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createActionRegistry } from "../../client/web/src/keys/action-registry.js";
import { keyHint } from "../../client/web/src/keys/key-hint.js";
import { ACTIONS, type ActionId } from "../../client/web/src/keys/keymap.js";
import { type KeyPress, matchKeys } from "../../client/web/src/keys/match-keys.js";

const PLAIN = { ctrlKey: false, metaKey: false, altKey: false, altGraph: false, repeat: false };
const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({ ...PLAIN, key, ...more });

/** What a row of presses does, one after the other. */
function play(presses: readonly KeyPress[], mac = false): ActionId[] {
  let pending: readonly string[] = [];
  return presses.flatMap((each) => {
    const matched = matchKeys(pending, each, mac);
    pending = matched.pending;
    return [...matched.ids];
  });
}

function pressesOf(keys: string): KeyPress[] {
  return keys
    .split(" ")
    .map((step) => (step.startsWith("mod+") ? press(step.slice(4), { ctrlKey: true }) : press(step)));
}

describe("the keymap", () => {
  test("has each id once, and two actions share keys only where they are never on one page", () => {
    expect(new Set(ACTIONS.map(({ id }) => id)).size).toBe(ACTIONS.length);
    const byPage = ACTIONS.map(({ group, keys }) => `${group === "List of runs" ? "list" : "run"} ${keys}`);
    expect(new Set(byPage).size).toBe(byPage.length);
    const everywhere = ACTIONS.filter(({ group }) => group === "Everywhere").map(({ keys }) => keys);
    expect(ACTIONS.filter(({ keys }) => everywhere.includes(keys as never))).toHaveLength(everywhere.length);
  });

  test("no keys begin other keys, so that no action waits for what may follow", () => {
    for (const { keys } of ACTIONS) {
      expect(ACTIONS.filter((other) => other.keys.startsWith(`${keys} `))).toEqual([]);
    }
  });

  test.each(ACTIONS)("$keys does $id", ({ id, keys }) => {
    expect(play(pressesOf(keys))).toContain(id);
  });

  test("leaves everything with Ctrl, ⌘ and Alt to the browser, except for the palette", () => {
    const modifier = fc.constantFrom("ctrlKey", "metaKey", "altKey");
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 1 }), modifier, fc.boolean(), (key, held, mac) => {
        const opens = key.toLowerCase() === "k" && held === (mac ? "metaKey" : "ctrlKey");
        expect(play([press(key, { [held]: true })], mac)).toEqual(opens ? ["palette"] : []);
      }),
    );
  });
});

describe("matching keys", () => {
  test("a key after the beginning of a sequence that does not go on with it does nothing", () => {
    expect(play([press("g"), press("r")])).toEqual(["runs"]);
    expect(play([press("g"), press("g"), press("r")])).toEqual(["retry"]);
    expect(play([press("g"), press("p"), press("p")])).toEqual(["pause"]);
    expect(play([press("x"), press("s"), press("x"), press("x")])).toEqual(["cancel"]);
  });

  test("a key that is held down is one press of a sequence, and many of a single key", () => {
    const held = Array.from({ length: 20 }, () => press("x", { repeat: true }));
    expect(play([press("x"), ...held])).toEqual([]);
    expect(play([press("x"), ...held, press("x")])).toEqual(["cancel"]);
    expect(play([press("j"), press("j", { repeat: true })]).filter((id) => id === "stage-next")).toHaveLength(2);
  });

  test("characters count, not places: capitals, Shift and AltGr of other layouts", () => {
    expect(play([press("?")])).toEqual(["help"]);
    expect(play([press("P")])).toEqual(["pause"]);
    expect(play([press("[", { ctrlKey: true, altKey: true, altGraph: true })])).toEqual(["iteration-previous"]);
    expect(play([press("g"), press("Shift"), press("R")])).toEqual(["runs"]);
  });

  test("the palette is on ⌘ on a Mac and on Ctrl elsewhere", () => {
    expect(play([press("k", { metaKey: true })], true)).toEqual(["palette"]);
    expect(play([press("k", { ctrlKey: true })], false)).toEqual(["palette"]);
    expect(keyHint("mod+Enter", false)).toBe("Ctrl Enter");
    expect([keyHint("mod+k", true), keyHint("mod+k", false), keyHint("x x", false)]).toEqual(["⌘ K", "Ctrl K", "x x"]);
  });
});

describe("what is offered", () => {
  test("the latest possible offer is done, and taking it back uncovers the one before", () => {
    const registry = createActionRegistry();
    const done: string[] = [];
    const offer = (name: string) => ({ handler: () => void done.push(name), whyNot: undefined });
    registry.add("diff", offer("first"));
    const takeBack = registry.add("diff", offer("second"));
    registry.add("diff", { handler: undefined, whyNot: "nothing to compare" });
    expect(registry.perform(["diff"])).toEqual({ status: "offered", id: "diff" });
    takeBack();
    registry.perform(["diff"]);
    expect(done).toEqual(["second", "first"]);
  });

  test("of actions on one key the offered one is done; else the reason of the refused one is told", () => {
    const registry = createActionRegistry();
    registry.add("run-next", { handler: undefined, whyNot: "this is the last run" });
    expect(registry.perform(["run-next", "stage-next"])).toEqual({
      status: "refused",
      id: "run-next",
      whyNot: "this is the last run",
    });
    let moved = 0;
    registry.add("stage-next", { handler: () => void moved++, whyNot: undefined });
    expect(registry.perform(["run-next", "stage-next"])).toMatchObject({ id: "stage-next" });
    expect(moved).toBe(1);
    expect(registry.perform(["export"])).toEqual({ status: "absent", id: undefined });
  });

  test("what is typed while keys are held is kept, and given once", () => {
    const registry = createActionRegistry();
    expect([registry.keep("a"), registry.takeTyped()]).toEqual([false, ""]);
    const [first, second] = [registry.hold(), registry.hold()];
    for (const text of ["b", "", "c"]) expect(registry.keep(text)).toBe(true);
    first();
    expect(registry.keep("d")).toBe(true);
    second();
    expect(registry.keep("e")).toBe(false);
    expect([registry.takeTyped(), registry.takeTyped()]).toEqual(["bcd", ""]);
    registry.hold();
    registry.keep("of a part without a field");
    registry.hold()();
    registry.hold();
    expect(registry.takeTyped()).toBe("of a part without a field");
  });

  test("tells of a change only when one is, and the snapshot stays the same in between", () => {
    const registry = createActionRegistry();
    const offer: { handler: (() => void) | undefined; whyNot: string | undefined } = {
      handler: () => undefined,
      whyNot: undefined,
    };
    let told = 0;
    const unsubscribe = registry.subscribe(() => void told++);
    registry.add("skip", offer);
    const before = registry.getSnapshot();
    offer.handler = () => undefined;
    registry.changed();
    expect([told, registry.getSnapshot()]).toEqual([1, before]);
    offer.handler = undefined;
    offer.whyNot = "no refinement is running";
    registry.changed();
    expect(registry.getSnapshot().skip).toEqual({ status: "refused", whyNot: "no refinement is running" });
    unsubscribe();
    offer.whyNot = "refinement is over";
    registry.changed();
    expect(told).toBe(2);
  });
});
