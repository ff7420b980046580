import { useState } from "react";
import { copyText } from "../lib/clipboard";
import { errorText } from "../lib/explain";

/** Copies a text, and tells what came of it until it is cleared. Works without the permission to write to the clipboard. */
export function useCopy(text: string | (() => string | Promise<string>)): {
  readonly outcome: string | undefined;
  readonly copy: () => void;
  readonly clear: () => void;
} {
  const [outcome, setOutcome] = useState<string>();

  async function copy(): Promise<void> {
    try {
      const made = typeof text === "string" ? text : await text();
      setOutcome((await copyText(made)) === "copied" ? "Copied" : undefined);
    } catch (thrown) {
      setOutcome(`Not copied: ${errorText(thrown)}`);
    }
  }

  return { outcome, copy: () => void copy(), clear: () => setOutcome(undefined) };
}
