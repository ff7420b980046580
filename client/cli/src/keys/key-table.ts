/** The keys that steer a run which is watched on a terminal. */
export const KEYS = [
  { keys: "p", name: "pause", help: "pause before the next step, or go on" },
  { keys: "s", name: "skip", help: "skip the running refinement iteration" },
  { keys: "g", name: "guide", help: "type guidance for the steps that follow; Enter sends, Esc leaves it" },
  { keys: "xx", name: "cancel", help: "cancel the run (x twice)" },
  { keys: "d", name: "detach", help: "leave; the run goes on" },
  { keys: "o", name: "open", help: "open the run's page in the browser" },
  { keys: "?", name: "keys", help: "tell these keys" },
] as const;

/** `p pause · s skip · …`: the keys on one line. */
export function keyLine(): string {
  return KEYS.map(({ keys, name }) => `${keys} ${name}`).join(" · ");
}
