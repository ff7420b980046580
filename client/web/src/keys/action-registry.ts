import { ACTIONS, type ActionId } from "./keymap";

/** What a component offers. It may change what it holds at any time; `offer.changed` tells of it. */
export interface Offer {
  handler: (() => void) | undefined;
  whyNot: string | undefined;
}

/** An action as it stands now. */
export type ActionState =
  | { readonly status: "offered" }
  /** The page knows it, and says why it can't be done now. */
  | { readonly status: "refused"; readonly whyNot: string }
  /** Nothing on the page does it. */
  | { readonly status: "absent" };

export type ActionStates = Readonly<Record<ActionId, ActionState>>;

export interface ActionRegistry {
  /** Returns the function that takes the offer back. */
  add(id: ActionId, offer: Offer): () => void;
  /** To be called when an offer begins or ends to be possible, or says another reason. */
  changed(): void;
  /** Does the first of `ids` that is offered, or tells why none is. */
  perform(ids: readonly ActionId[]): ActionState & { readonly id: ActionId | undefined };
  /** Until the returned function is called, keys do nothing: what they write is kept for `takeTyped`. */
  hold(): () => void;
  /** Keeps what a key writes; false where nothing holds the keys. */
  keep(text: string): boolean;
  /** What was typed while the keys were held. It is given once. */
  takeTyped(): string;
  /** The same object until something changed. */
  getSnapshot(): ActionStates;
  subscribe(listener: () => void): () => void;
}

const ABSENT: ActionState = { status: "absent" };
const OFFERED: ActionState = { status: "offered" };

/** Knows what the components on the page offer. Of several offers of one action the latest possible one counts. */
export function createActionRegistry(): ActionRegistry {
  const offers = new Map<ActionId, Offer[]>();
  const listeners = new Set<() => void>();
  const holders = new Set<symbol>();
  let typed = "";
  let states = readStates();

  function handlerOf(id: ActionId): (() => void) | undefined {
    return offers.get(id)?.findLast(({ handler }) => handler)?.handler;
  }
  function stateOf(id: ActionId): ActionState {
    if (handlerOf(id)) return OFFERED;
    const whyNot = offers.get(id)?.findLast((offer) => offer.whyNot !== undefined)?.whyNot;
    return whyNot === undefined ? ABSENT : { status: "refused", whyNot };
  }
  function readStates(): ActionStates {
    return Object.fromEntries(ACTIONS.map(({ id }) => [id, stateOf(id)])) as Record<ActionId, ActionState>;
  }
  function changed(): void {
    const next = readStates();
    if (ACTIONS.every(({ id }) => isSame(states[id], next[id]))) return;
    states = next;
    for (const listener of [...listeners]) listener();
  }

  return {
    add(id, offer) {
      offers.set(id, [...(offers.get(id) ?? []), offer]);
      changed();
      return () => {
        offers.set(
          id,
          (offers.get(id) ?? []).filter((other) => other !== offer),
        );
        changed();
      };
    },
    changed,
    perform(ids) {
      const offered = ids.find((id) => handlerOf(id));
      if (offered !== undefined) {
        handlerOf(offered)?.();
        return { ...OFFERED, id: offered };
      }
      const refused = ids.find((id) => stateOf(id).status === "refused");
      return refused === undefined ? { ...ABSENT, id: undefined } : { ...stateOf(refused), id: refused };
    },
    hold() {
      const holder = Symbol();
      if (holders.size === 0) typed = "";
      holders.add(holder);
      return () => void holders.delete(holder);
    },
    keep(text) {
      if (holders.size === 0) return false;
      typed += text;
      return true;
    },
    takeTyped() {
      const taken = typed;
      typed = "";
      return taken;
    },
    getSnapshot: () => states,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function isSame(a: ActionState, b: ActionState): boolean {
  return a.status === b.status && (a.status !== "refused" || b.status !== "refused" || a.whyNot === b.whyNot);
}
