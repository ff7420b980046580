import { useEffect, useLayoutEffect, useRef } from "react";
import { useActionRegistry } from "./use-action";

/**
 * Stands in for a part that takes the keyboard, while that part is loaded: what is typed is meant for its field, and
 * must not pause or skip a run. Lets go once the part has the focus.
 */
export function HoldKeys() {
  const registry = useActionRegistry();
  const release = useRef<() => void>(undefined);
  useLayoutEffect(() => {
    release.current = registry.hold();
  }, [registry]);
  useEffect(() => () => release.current?.(), []);
  return null;
}
