import { type ReactNode, useEffect, useRef, useState } from "react";
import { useHotkeys } from "react-hotkeys-hook";
import { createActionRegistry } from "./action-registry";
import { keyHint } from "./key-hint";
import { ACTIONS, type ActionId } from "./keymap";
import { isMac } from "./is-mac";
import { matchKeys } from "./match-keys";
import { ActionsContext } from "./use-action";
import "./keys.css";

/** How long the next key of a sequence may take, and how long a note stays, in ms. */
const SEQUENCE_MS = 1_500;
const NOTE_MS = 4_000;

/** Does what the keymap says. Keys are off while something is typed and in dialogs. */
export function KeysProvider({ children }: { children: ReactNode }) {
  const [registry] = useState(createActionRegistry);
  const pending = useRef<readonly string[]>([]);
  const lastPressAt = useRef(0);
  const { note, tell } = useNote();

  // The library listens and leaves typing alone. Which action a key means is decided by `matchKeys`: its own matching
  // would retry a run after `g r`, and take a held `x` for `x x`.
  useHotkeys("*", (event) => {
    if (event.defaultPrevented || event.isComposing || isInDialog(event)) {
      pending.current = [];
      return;
    }
    const text = textOf(event);
    if (registry.keep(text)) {
      pending.current = [];
      if (text !== "") event.preventDefault();
      return;
    }
    const before = event.timeStamp - lastPressAt.current > SEQUENCE_MS ? [] : pending.current;
    const { key, ctrlKey, metaKey, altKey, repeat } = event;
    const press = { key, ctrlKey, metaKey, altKey, repeat, altGraph: event.getModifierState("AltGraph") };
    const matched = matchKeys(before, press, isMac());
    pending.current = matched.pending;
    lastPressAt.current = event.timeStamp;
    if (matched.pending.length > 0) tell(pendingNote(matched.pending, registry.getSnapshot()));
    if (matched.ids.length === 0) return;
    const done = registry.perform(matched.ids);
    if (done.status === "absent") return;
    event.preventDefault();
    tell(done.status === "refused" ? refusal(done.id, done.whyNot) : undefined);
  });

  return (
    <ActionsContext value={registry}>
      {children}
      <p className="key-note" role="status">
        {note}
      </p>
    </ActionsContext>
  );

  function pendingNote(keys: readonly string[], states: ReturnType<typeof registry.getSnapshot>): string | undefined {
    const next = ACTIONS.filter(({ id, keys: all }) => all.startsWith(`${keys.join(" ")} `) && isKnown(states[id]));
    if (next.length === 0) return undefined;
    return next.map(({ title, keys: all }) => `${keyHint(all)}: ${title}`).join(" · ");
  }
}

/** What a key writes into a field; nothing where it asks the browser for something. */
function textOf(event: KeyboardEvent): string {
  const asks = event.ctrlKey || event.metaKey || event.altKey;
  return event.key.length === 1 && (!asks || event.getModifierState("AltGraph")) ? event.key : "";
}

function isKnown({ status }: { status: string }): boolean {
  return status !== "absent";
}

function isInDialog({ target }: KeyboardEvent): boolean {
  if (document.querySelector(":modal")) return true;
  return target instanceof Element && target.closest("dialog, [role=dialog], [role=alertdialog]") !== null;
}

function refusal(id: ActionId | undefined, whyNot: string): string {
  const action = ACTIONS.find((candidate) => candidate.id === id);
  return action ? `${action.title}: not now, ${whyNot}` : whyNot;
}

/** One line that goes away by itself. */
function useNote(): { note: string | undefined; tell: (text: string | undefined) => void } {
  const [note, setNote] = useState<{ text: string }>();
  useEffect(() => {
    if (!note) return;
    const timer = setTimeout(() => setNote(undefined), NOTE_MS);
    return () => clearTimeout(timer);
  }, [note]);
  return { note: note?.text, tell: (text) => setNote(text === undefined ? undefined : { text }) };
}
