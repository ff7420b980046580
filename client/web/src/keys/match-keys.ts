import { ACTIONS, type ActionId } from "./keymap";

/** What counts of a key that was pressed. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** True while AltGr is held: it types a character, as `[` in German, and asks for nothing. */
  readonly altGraph: boolean;
  /** True when the key is only held down. */
  readonly repeat: boolean;
}

export interface Matched {
  /** What was pressed of a longer sequence, to be handed in with the next key. */
  readonly pending: readonly string[];
  /** The actions whose keys are complete now. */
  readonly ids: readonly ActionId[];
}

const NOTHING: Matched = { pending: [], ids: [] };
const MODIFIERS = new Set(["Shift", "Control", "Meta", "Alt", "AltGraph", "CapsLock", "Fn", "NumLock"]);
const SEQUENCES = ACTIONS.map(({ id, keys }) => ({ id, steps: keys.split(" ") }));

/**
 * What `press` does after the keys in `pending`. Pure. Reads the characters that keys type, so it fits every layout.
 * A key that does not go on with a sequence ends it and does nothing else: `g` and then `r` can't retry a run.
 */
export function matchKeys(pending: readonly string[], press: KeyPress, mac: boolean): Matched {
  if (MODIFIERS.has(press.key)) return { pending, ids: [] };
  const step = stepOf(press, mac);
  if (step === undefined) return NOTHING;
  const pressed = [...pending, step];
  const begun = SEQUENCES.filter(({ steps }) => pressed.every((key, index) => steps[index] === key));
  const ids = begun.filter(({ steps }) => steps.length === pressed.length).map(({ id }) => id);
  // A key that is held down may go on to the next stage, but two presses it is not.
  if (press.repeat && (pending.length > 0 || ids.length < begun.length)) return { pending, ids: [] };
  if (ids.length > 0) return { pending: [], ids };
  return begun.length > 0 ? { pending: pressed, ids } : NOTHING;
}

/** A key press as the table writes it; `undefined` for what belongs to the browser. */
function stepOf({ key, ctrlKey, metaKey, altKey, altGraph }: KeyPress, mac: boolean): string | undefined {
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (altGraph) return name;
  if (altKey) return undefined;
  if (!ctrlKey && !metaKey) return name;
  const isMod = mac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  return isMod ? `mod+${name}` : undefined;
}
