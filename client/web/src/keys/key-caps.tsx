import { keyHint } from "./key-hint";

/** Keys of the keymap, each on a cap of its own. */
export function KeyCaps({ keys }: { keys: string }) {
  return (
    <span className="key-caps">
      {keyHint(keys)
        .split(" ")
        .map((key, index) => (
          // Keys may repeat, as in `x x`, and never change.
          <kbd key={index}>{key}</kbd>
        ))}
    </span>
  );
}
