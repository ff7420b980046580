import { useLayoutEffect } from "react";

/** How long the reader has to rest before the place is kept, in ms: browsers allow only so many changes of the history. */
const REST_MS = 150;
/** What a reader does who wants to be elsewhere. */
const MOVES = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/**
 * Whoever comes back, or reloads, finds the list where it was left. A browser sees to that as long as the page has its
 * length; this list has it only once its runs are there again, and older ones only when its end comes into sight.
 */
export function usePlaceInList(): void {
  useLayoutEffect(() => {
    const { pathname } = location;
    let wanted = placeOf(history.state);
    let resting: ReturnType<typeof setTimeout> | undefined;

    const go = () => {
      if (wanted === undefined) return;
      window.scrollTo({ top: wanted, behavior: "instant" });
      // Rounded by the browser: a pixel short is there.
      if (window.scrollY >= wanted - 1) wanted = undefined;
    };
    const keep = () => {
      if (wanted === undefined && location.pathname === pathname)
        history.replaceState({ ...stateOf(history.state), listTop: window.scrollY }, "");
    };
    const onScroll = () => {
      clearTimeout(resting);
      resting = setTimeout(keep, REST_MS);
    };
    const letGo = () => {
      wanted = undefined;
    };

    const observer = new ResizeObserver(go);
    observer.observe(document.body);
    window.addEventListener("scroll", onScroll, { passive: true });
    for (const move of MOVES) window.addEventListener(move, letGo, { passive: true });
    return () => {
      clearTimeout(resting);
      observer.disconnect();
      window.removeEventListener("scroll", onScroll);
      for (const move of MOVES) window.removeEventListener(move, letGo);
    };
  }, []);
}

function placeOf(state: unknown): number | undefined {
  const { listTop } = stateOf(state);
  return typeof listTop === "number" ? listTop : undefined;
}

/** What is kept with this step of the browser's history. */
function stateOf(state: unknown): { readonly listTop?: unknown } {
  return typeof state === "object" && state !== null ? state : {};
}
