import { type KeyboardEvent, type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { Icon } from "./icon";
import "./dialog.css";

interface DialogProps {
  readonly title: string;
  /** Esc, the close button, or a press beside the dialog. */
  readonly onClose: () => void;
  readonly className?: string;
  /** For a dialog that says by itself what it is: the title is only read out, and there is no close button. */
  readonly bare?: boolean;
  readonly children: ReactNode;
}

const FOCUSABLE =
  "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex='0']";

/**
 * A modal dialog, open for as long as it is rendered: it keeps the focus, and gives it back to
 * where it was. What has `data-autofocus` gets it first.
 */
export function Dialog({ title, onClose, className, bare = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => element?.close();
  }, []);
  return (
    // Closing by keyboard is the browser's: it makes a `cancel` event of Esc.
    <dialog
      ref={dialog}
      className={`dialog ${className ?? ""}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClose={(event) => {
        // A browser may close it on a second Esc without asking.
        if (!event.currentTarget.open) onClose();
      }}
      onKeyDown={keepFocus}
      onClick={(event) => {
        // What it holds covers it whole: only a press beside it lands on the dialog itself.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="dialog-content">
        {bare ? (
          <h2 id={titleId} className="visually-hidden">
            {title}
          </h2>
        ) : (
          <div className="dialog-head">
            <h2 id={titleId}>{title}</h2>
            <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
              <Icon name="close" />
            </button>
          </div>
        )}
        {children}
      </div>
    </dialog>
  );
}

/** From its last element Tab goes on to its first: a browser would go to its own buttons and leave nothing focused. */
function keepFocus(event: KeyboardEvent<HTMLDialogElement>): void {
  if (event.key !== "Tab" || event.defaultPrevented) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((each) =>
    each.checkVisibility(),
  );
  const [from, to] = event.shiftKey ? [all.at(0), all.at(-1)] : [all.at(-1), all.at(0)];
  if (document.activeElement !== from) return;
  event.preventDefault();
  to?.focus();
}
