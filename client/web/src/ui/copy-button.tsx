import type { ReactNode } from "react";
import { useCopy } from "./use-copy";

interface CopyButtonProps {
  /** The text, or what makes it when the button is pressed. */
  readonly text: string | (() => string | Promise<string>);
  /** @default "Copy" */
  readonly label?: ReactNode;
  /** For those who don't see what stands beside it: `Copy the code`. */
  readonly name?: string;
  readonly className?: string;
}

/** Copies a text, and says what came of it until it loses the focus. */
export function CopyButton({ text, label = "Copy", name, className }: CopyButtonProps) {
  const { outcome, copy, clear } = useCopy(text);
  return (
    <button
      type="button"
      className={className}
      aria-label={outcome === undefined ? name : undefined}
      onClick={copy}
      onBlur={clear}
    >
      <span aria-live="polite">{outcome ?? label}</span>
    </button>
  );
}
