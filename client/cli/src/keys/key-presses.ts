/** What a person can ask for with the keys of a run that is watched. */
export type KeyAction =
  | { readonly do: "pause" | "skip" | "cancel" | "detach" | "open" | "keys" }
  | { readonly do: "guide"; readonly text: string };

/** What was pressed so far: nothing, the first `x`, or some of a guidance. */
export type KeyState =
  | { readonly mode: "ready" }
  | { readonly mode: "cancel?" }
  | { readonly mode: "guide"; readonly text: string };

export const READY: KeyState = { mode: "ready" };

const ACTIONS: Readonly<Record<string, Exclude<KeyAction["do"], "guide" | "cancel">>> = {
  p: "pause",
  s: "skip",
  d: "detach",
  o: "open",
  "?": "keys",
};

/** As the protocol has it, in UTF-16 units. */
const MOST = 20_000;

/** One key press. Pure; keys that mean nothing change nothing. */
export function press(state: KeyState, key: string): { state: KeyState; action?: KeyAction } {
  switch (state.mode) {
    case "ready": {
      if (key === "x") return { state: { mode: "cancel?" } };
      if (key === "g") return { state: { mode: "guide", text: "" } };
      const action = Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : undefined;
      return action === undefined ? { state } : { state, action: { do: action } };
    }
    case "cancel?":
      return key === "x" ? { state: READY, action: { do: "cancel" } } : { state: READY };
    case "guide":
      return write(state.text, key);
  }
}

/** The keys as a line editor has them: Enter, Esc, Backspace, Ctrl-W, Ctrl-U, and text. */
function write(text: string, key: string): { state: KeyState; action?: KeyAction } {
  const go = (next: string): { state: KeyState } => ({ state: { mode: "guide", text: next.slice(0, MOST) } });
  switch (key) {
    case "\r":
    case "\n": {
      const said = text.trim();
      return said === "" ? { state: READY } : { state: READY, action: { do: "guide", text: said } };
    }
    case "\u001b":
      return { state: READY };
    case "\u007f":
    case "\b":
      return go([...text].slice(0, -1).join(""));
    case "\u0017":
      return go(text.replace(/\S*\s*$/, ""));
    case "\u0015":
      return go("");
    case "\t":
      return go(`${text} `);
    default:
      // Arrows and other keys without a text of their own.
      return key < " " || key.startsWith("\u001b") ? go(text) : go(text + key);
  }
}

/** What stands in the status line's place meanwhile; nothing when the status line may. */
export function promptOf(state: KeyState): string | undefined {
  switch (state.mode) {
    case "ready":
      return undefined;
    case "cancel?":
      return "x again cancels the run, any other key does not";
    case "guide":
      return `guidance (Enter sends, Esc leaves it): ${state.text}`;
  }
}

// oxlint-disable-next-line no-control-regex
const PRESSES = /\u001b\[[\d;]*[ -/]*[@-~]|\u001bO.|\u001b[^\u001b]|[^]/gu;

/** The single key presses in what a terminal sent at once: a paste is many, an arrow is one. */
export function keysIn(sent: string): string[] {
  return sent.match(PRESSES) ?? [];
}
