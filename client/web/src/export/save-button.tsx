import { type ReactNode, useState } from "react";
import { errorText } from "../lib/explain";

interface SaveButtonProps {
  /** Makes the file and has it saved. */
  readonly save: () => void | Promise<void>;
  readonly label: ReactNode;
  /** For those who don't see what stands beside it. */
  readonly name?: string;
  readonly className?: string;
}

/** Saves a file, and says when that fails. */
export function SaveButton({ save, label, name, className }: SaveButtonProps) {
  const [state, setState] = useState<"making" | Error>();

  async function press(): Promise<void> {
    setState("making");
    try {
      await save();
      setState(undefined);
    } catch (thrown) {
      setState(new Error(errorText(thrown)));
    }
  }

  return (
    <button
      type="button"
      className={className}
      disabled={state === "making"}
      aria-label={state instanceof Error ? undefined : name}
      onClick={() => void press()}
    >
      <span aria-live="polite">{state instanceof Error ? state.message : label}</span>
    </button>
  );
}
