import { isMac } from "./is-mac";

/** Keys of the keymap as people read them: `⌘ K`, `Ctrl K`, `x x`. */
export function keyHint(keys: string, mac = isMac()): string {
  return keys
    .split(" ")
    .map((step) =>
      step.replace(/^mod\+/, mac ? "⌘ " : "Ctrl ").replace(/ (.)$/, (_, key: string) => ` ${key.toUpperCase()}`),
    )
    .join(" ");
}
