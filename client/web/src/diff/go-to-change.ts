import { scrollerOf } from "../lib/scroller-of";

/** How far below the top of the window a change may begin and still count as the one that is read, in px. */
const SLACK = 8;

/** The id of a change's heading. */
export function changeId(number: number): string {
  return `diff-change-${number}`;
}

/** Scrolls to a change and gives it the focus. */
export function goToChange(number: number): void {
  go(document.getElementById(changeId(number)));
}

/** Goes on to the change below what is read now, or above it; stays at the last one and the first. */
export function goToNextChange(step: 1 | -1): void {
  const headings = [...document.querySelectorAll<HTMLElement>(".diff-change-title")];
  const top = scrollerOf(headings[0])?.getBoundingClientRect().top ?? 0;
  const offsets = headings.map((heading) => {
    const margin = Number.parseFloat(getComputedStyle(heading).scrollMarginTop) || 0;
    return heading.getBoundingClientRect().top - top - margin;
  });
  const focused = headings.indexOf(document.activeElement as HTMLElement);
  const inSight = (offsets[focused] ?? Infinity) < window.innerHeight && (offsets[focused] ?? -Infinity) > -SLACK;
  // At the end of the page a change can't be scrolled up to its place: the focus knows which one it is.
  if (inSight) return go(headings[focused + step] ?? null);
  const below = offsets.findIndex((offset) => offset > SLACK);
  const above = offsets.findLastIndex((offset) => offset < -SLACK);
  go(headings[step === 1 ? below : above] ?? null);
}

function go(heading: HTMLElement | null): void {
  heading?.scrollIntoView({ block: "start", behavior: "instant" });
  heading?.focus({ preventScroll: true });
}
