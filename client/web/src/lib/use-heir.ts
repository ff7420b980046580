import { type RefObject, useLayoutEffect } from "react";

/**
 * When `element` goes while the focus is in it, what the selector `heir` finds gets the focus: it would be nowhere, and
 * a keyboard would begin at the top of the page again.
 */
export function useHeir(element: RefObject<HTMLElement | null>, heir: string): void {
  useLayoutEffect(() => {
    const held = element.current;
    return () => {
      if (held?.contains(document.activeElement))
        document.querySelector<HTMLElement>(heir)?.focus({ preventScroll: true });
    };
  }, [element, heir]);
}
