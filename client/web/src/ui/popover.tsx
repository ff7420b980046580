import { type ReactNode, useId, useRef, useState } from "react";

interface PopoverProps {
  /** What the button that opens it shows. */
  readonly button: ReactNode;
  /** What that button is called, where it shows no word. */
  readonly label?: string;
  readonly className?: string;
  readonly disabled?: boolean;
  /** Buttons with the attribute `data-closes` close it when they are pressed. */
  readonly children: ReactNode;
}

/** A button and what it opens beside it; Escape, and the focus leaving, close it. */
export function Popover({ button, label, className = "", disabled = false, children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const id = useId();

  function close(): void {
    setOpen(false);
    toggle.current?.focus();
  }

  return (
    <div
      className={`popover-anchor ${className}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        close();
      }}
      onBlur={(event) => {
        // A press on something that takes no focus stays inside too.
        if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <button
        type="button"
        ref={toggle}
        className="popover-toggle"
        disabled={disabled}
        aria-label={label}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      <div
        id={id}
        className="popover"
        hidden={!open || disabled}
        onClick={({ target }) => {
          if (target instanceof Element && target.closest("[data-closes]")) close();
        }}
      >
        {children}
      </div>
    </div>
  );
}
