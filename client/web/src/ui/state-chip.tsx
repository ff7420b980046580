import { Icon } from "./icon";
import { type State, STATE_WORDS } from "./states";

/** A state as icon and word, never as colour alone. */
export function StateChip({ state }: { state: State }) {
  return (
    <span className="chip" data-state={state}>
      <Icon name={state} />
      {STATE_WORDS[state]}
    </span>
  );
}
