import type { ControlState } from "@stagewire/client/react";
import { type ReactNode, type Ref, useId } from "react";
import { controlNote } from "./control-note";

export interface ControlProps {
  /** What the button says first, and all that it says where there is little room. */
  readonly label: string;
  /** The rest of its name. */
  readonly rest?: string;
  readonly className?: string;
  /** Why it can't be used now. */
  readonly unavailable?: string | undefined;
  /** True while an answer is awaited. */
  readonly busy: boolean;
  readonly state: ControlState | undefined;
  readonly onPress: () => void;
  /** For a button that shows and hides something: whether it is shown, and its id. */
  readonly discloses?: { readonly open: boolean; readonly id: string };
  readonly button?: Ref<HTMLButtonElement>;
  /** Beside the button. */
  readonly children?: ReactNode;
}

/** One button that steers the run; below it, what became of its last press, and why it can't be used now. */
export function Control(props: ControlProps) {
  const { label, rest, className, unavailable, busy, state, onPress, discloses, button, children } = props;
  const noteId = useId();
  const blocked = unavailable !== undefined || busy;
  const note = controlNote(state, unavailable);
  return (
    <div className="control">
      <span className="control-buttons">
        {/* Not `disabled`: a button that becomes so loses the focus, and can't say why. */}
        <button
          type="button"
          ref={button}
          className={className}
          aria-disabled={blocked || undefined}
          aria-describedby={noteId}
          aria-expanded={discloses?.open}
          aria-controls={discloses?.id}
          onClick={() => {
            if (!blocked) onPress();
          }}
        >
          {label}
          {rest && <span className="control-rest"> {rest}</span>}
        </button>
        {children}
      </span>
      <span id={noteId} className="control-note" data-status={state?.status} title={note}>
        {note}
      </span>
    </div>
  );
}
