import { flushSync } from "react-dom";
import { Dialog } from "../ui/dialog";
import type { ActionState } from "./action-registry";
import { KeyCaps } from "./key-caps";
import { type Action, ACTIONS, type ActionGroup, type ActionId } from "./keymap";
import { useActionRegistry, useActionStates } from "./use-action";

const GROUPS: readonly ActionGroup[] = ["Everywhere", "List of runs", "Read a run", "Views of a run", "Steer a run"];

/** Every key of the page; what is offered now can be pressed here too. */
export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const registry = useActionRegistry();
  const states = useActionStates();

  function perform(id: ActionId): void {
    // Behind an open dialog nothing takes the focus.
    flushSync(onClose);
    registry.perform([id]);
  }

  return (
    <Dialog title="Keys" className="sheet" onClose={onClose}>
      <div className="sheet-scroller" tabIndex={0} role="region" aria-label="All keys" data-autofocus>
        <div className="sheet-groups">
          {GROUPS.map((group) => {
            const actions = ACTIONS.filter((action) => action.group === group);
            const elsewhere = actions.every(({ id }) => states[id].status === "absent");
            return (
              <section key={group} className="sheet-group">
                <h3>
                  {group}
                  {elsewhere && <span className="muted"> · not on this page</span>}
                </h3>
                <ul>
                  {actions.map((action) => (
                    <li key={action.id}>
                      <SheetLine action={action} state={states[action.id]} onPress={() => perform(action.id)} />
                    </li>
                  ))}
                </ul>
              </section>
            );
          })}
        </div>
        <p className="muted sheet-note">Keys are off while you type and in dialogs. Esc leaves both.</p>
      </div>
    </Dialog>
  );
}

interface SheetLineProps {
  readonly action: Action;
  readonly state: ActionState;
  readonly onPress: () => void;
}

function SheetLine({ action: { keys, title }, state, onPress }: SheetLineProps) {
  const caps = <KeyCaps keys={keys} />;
  if (state.status === "offered") {
    return (
      <button type="button" className="sheet-line" onClick={onPress}>
        {caps}
        {title}
      </button>
    );
  }
  return (
    <span className="sheet-line muted">
      {caps}
      <span>
        {title}
        {state.status === "refused" && `: not now, ${state.whyNot}`}
      </span>
    </span>
  );
}
