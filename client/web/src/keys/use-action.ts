import { createContext, useContext, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import type { ActionRegistry, ActionStates, Offer } from "./action-registry";
import type { ActionId } from "./keymap";

export const ActionsContext = createContext<ActionRegistry | undefined>(undefined);

/** What the page's actions are kept in. Throws outside of `KeysProvider`. */
export function useActionRegistry(): ActionRegistry {
  const registry = useContext(ActionsContext);
  if (!registry) throw new Error("There is no <KeysProvider> around this component: put one around the app.");
  return registry;
}

/**
 * Offers an action of the keymap for as long as the component is there: its key, the palette and the shortcut sheet
 * call `handler`, always that of the last render. Without a handler `whyNot` says why it can't be done now.
 */
export function useAction(id: ActionId, handler: (() => void) | undefined, whyNot?: string): void {
  const registry = useActionRegistry();
  const offer = useRef<Offer>({ handler: undefined, whyNot: undefined });
  useLayoutEffect(() => {
    offer.current.handler = handler;
    offer.current.whyNot = whyNot;
    registry.changed();
  });
  useLayoutEffect(() => registry.add(id, offer.current), [registry, id]);
}

/** How every action stands now; renders again when that changes. */
export function useActionStates(): ActionStates {
  const registry = useActionRegistry();
  return useSyncExternalStore(registry.subscribe, registry.getSnapshot);
}
