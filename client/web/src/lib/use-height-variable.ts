import { type RefObject, useEffect } from "react";

/** Keeps the CSS variable `name` at the height of `element`, for what sticks above or below it. */
export function useHeightVariable(element: RefObject<HTMLElement | null>, name: `--${string}`): void {
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const { style } = document.documentElement;
    // Told by the observer: to ask the element would make the browser lay the page out again for each variable set.
    const observer = new ResizeObserver(([entry]) => {
      const height = entry?.borderBoxSize[0]?.blockSize;
      if (height !== undefined) style.setProperty(name, `${Math.round(height)}px`);
    });
    observer.observe(target);
    return () => {
      observer.disconnect();
      style.removeProperty(name);
    };
  }, [element, name]);
}
