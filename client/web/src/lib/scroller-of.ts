/** The nearest element around `element` that scrolls up and down; `null` where that is the window. */
export function scrollerOf(element: Element | undefined): Element | null {
  for (let parent = element?.parentElement; parent; parent = parent.parentElement) {
    if (/^(?:auto|scroll)$/.test(getComputedStyle(parent).overflowY)) return parent;
  }
  return null;
}
