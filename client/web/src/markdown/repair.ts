import type { RemendOptions } from "remend";

/** A text that grows is shown as it is written so far: only what would flicker between markup and text is completed. */
const REPAIRS: RemendOptions = {
  linkMode: "text-only",
  images: false,
  comparisonOperators: false,
  singleTilde: false,
  htmlTags: false,
  katex: false,
};

let remend: ((text: string, options: RemendOptions) => string) | undefined;

/** Fetches what {@link repair} needs. A finished text never does. */
export async function loadRepair(): Promise<void> {
  remend ??= (await import("remend")).default;
}

/** Completes the markup at the end of a text that still grows, once {@link loadRepair} is done; before it changes nothing. */
export function repair(text: string): string {
  return remend ? remend(text, REPAIRS) : text;
}
