import { type RefCallback, useCallback, useLayoutEffect, useRef, useState } from "react";
import { readSession, writeSession } from "../lib/use-session-state";

/** Coming this close to the end takes hold again. */
const NEAR_END_PX = 200;
/** They scroll the focused element, and a page of which nothing has the focus means its text. */
const SCROLL_KEYS = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown", " "]);

export interface Follow {
  /** To be the `ref` of what grows; what scrolls is its parent, or the page where that one does not. */
  readonly content: RefCallback<HTMLElement>;
  /** True while the page stays at the end of the growing text. */
  readonly following: boolean;
  /** Takes hold, and goes to the end. */
  readonly take: () => void;
  readonly release: () => void;
}

interface FollowOptions {
  /** What is shown: another one begins at its top unless it is followed. */
  readonly shown: string | undefined;
  /** True while what is shown can grow. */
  readonly enabled: boolean;
  /** Where a reload finds the place again. */
  readonly memory: string;
}

interface Place {
  readonly shown?: string | undefined;
  readonly top: number;
  readonly following: boolean;
}

/**
 * Keeps the text at its end while it grows, until the reader scrolls up, selects text or asks for another place; from
 * then on it never moves by itself. Nothing happens while `enabled` is false.
 */
export function useFollow({ shown, enabled, memory }: FollowOptions): Follow {
  // No state: it would have the whole page rendered once more as soon as it is there.
  const element = useRef<HTMLElement>(null);
  const [kept] = useState(() => readSession<Place>(memory, { top: 0, following: true }));
  const [following, setFollowing] = useState(kept.following);
  // Text arrives between the reader's move and React's next render: what counts then is this.
  const holds = useRef(kept.following);
  /** Where a reload left off, until there is enough text to be there or the reader moves. */
  const wanted = useRef(kept.following ? undefined : kept.top);
  /** Where the text was after its last move, whoever made it. */
  const last = useRef({ top: 0, height: 0 });
  const place = useRef({ shown, enabled });

  const hold = useCallback((value: boolean) => {
    holds.current = value;
    setFollowing(value);
  }, []);
  const moveTo = useCallback((top: number) => {
    if (!element.current) return;
    const scroller = scrollerOf(element.current);
    // Rounded up by the browser: the last pixel counts as the end.
    scroller.scrollTo({ top, behavior: "instant" });
    last.current = measure(scroller);
  }, []);
  const take = useCallback(() => {
    wanted.current = undefined;
    hold(true);
    moveTo(Number.MAX_SAFE_INTEGER);
  }, [hold, moveTo]);
  const release = useCallback(() => hold(false), [hold]);

  useLayoutEffect(() => {
    const { shown: before } = place.current;
    place.current = { shown, enabled };
    if (before !== undefined && before !== shown && !holds.current && element.current) {
      wanted.current = undefined;
      moveTo(topOf(element.current));
    }
  }, [shown, enabled, moveTo]);

  const watchSize = useCallback(
    (content: HTMLElement) => {
      const observer = new ResizeObserver(() => {
        const scroller = scrollerOf(content);
        if (place.current.enabled && holds.current) return moveTo(Number.MAX_SAFE_INTEGER);
        const top = wanted.current;
        if (top === undefined || kept.shown !== place.current.shown) return;
        if (scroller.scrollHeight - scroller.clientHeight < top) return;
        wanted.current = undefined;
        moveTo(top);
      });
      observer.observe(content);
      return () => observer.disconnect();
    },
    [kept, moveTo],
  );

  const watchReader = useCallback(
    (content: HTMLElement) => {
      const onScroll = () => {
        const scroller = scrollerOf(content);
        const before = last.current;
        const now = measure(scroller);
        last.current = now;
        if (!place.current.enabled) return;
        // A text that got shorter moves up too, and nobody asked for that.
        if (now.top < before.top && now.height >= before.height) hold(false);
        else if (now.top > before.top && now.height - scroller.clientHeight - now.top < NEAR_END_PX) hold(true);
      };
      const onWheel = ({ deltaY }: WheelEvent) => {
        wanted.current = undefined;
        const scroller = scrollerOf(content);
        if (deltaY < 0 && scroller.scrollHeight > scroller.clientHeight) hold(false);
      };
      const onKey = (event: KeyboardEvent) => {
        wanted.current = undefined;
        const nowhere = event.target === document.body || event.target === document.getElementById("main");
        if (nowhere && SCROLL_KEYS.has(event.key)) content.parentElement?.focus({ preventScroll: true });
      };
      const onTouch = () => (wanted.current = undefined);
      const onSelection = () => {
        const selection = document.getSelection();
        if (selection && !selection.isCollapsed && content.contains(selection.anchorNode)) hold(false);
      };
      const { parentElement } = content;
      // Captured: the scroll events of an element do not bubble.
      document.addEventListener("scroll", onScroll, { passive: true, capture: true });
      parentElement?.addEventListener("wheel", onWheel, { passive: true });
      document.addEventListener("touchmove", onTouch, { passive: true });
      document.addEventListener("keydown", onKey, { capture: true });
      document.addEventListener("selectionchange", onSelection);
      return () => {
        document.removeEventListener("scroll", onScroll, { capture: true });
        parentElement?.removeEventListener("wheel", onWheel);
        document.removeEventListener("touchmove", onTouch);
        document.removeEventListener("keydown", onKey, { capture: true });
        document.removeEventListener("selectionchange", onSelection);
      };
    },
    [hold],
  );

  const keepPlace = useCallback(() => {
    const keep = () => {
      const { shown: at } = place.current;
      writeSession(memory, { shown: at, top: last.current.top, following: holds.current } satisfies Place);
    };
    window.addEventListener("pagehide", keep);
    return () => {
      keep();
      window.removeEventListener("pagehide", keep);
    };
  }, [memory]);

  const content = useCallback(
    (given: HTMLElement | null) => {
      if (!given) return;
      element.current = given;
      const ends = [watchSize(given), watchReader(given), keepPlace()];
      return () => {
        for (const end of ends) end();
        element.current = null;
      };
    },
    [watchSize, watchReader, keepPlace],
  );

  return { content, following, take, release };
}

/** On a narrow page the whole page scrolls, else the text alone. */
function scrollerOf(content: HTMLElement): Element {
  const box = content.parentElement;
  return box && getComputedStyle(box).overflowY !== "visible" ? box : document.documentElement;
}

/** Where `content` begins within what scrolls, below what sticks to its top. */
function topOf(content: HTMLElement): number {
  const scroller = scrollerOf(content);
  if (scroller !== document.documentElement) return 0;
  return Math.max(0, content.getBoundingClientRect().top + scroller.scrollTop - 8);
}

function measure({ scrollTop, scrollHeight }: Element): { top: number; height: number } {
  return { top: scrollTop, height: scrollHeight };
}
