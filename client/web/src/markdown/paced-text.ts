import { useEffect, useLayoutEffect, useRef, useState } from "react";

/** At most this part of the time goes into rendering one growing text: the rest is for the reader. */
const MOST_OF_TIME = 0.4;
/** On a machine that is busy with other things the measure is wrong: the text never waits longer than this, in ms. */
const LONGEST_WAIT_MS = 1_000;

/**
 * The text as it is to be shown: at once where rendering it is quick, and as rarely as needed where it is slow, so
 * that a large block that grows never takes the page for itself. In the end it is always the newest.
 */
export function usePacedText(text: string): string {
  const [shown, setShown] = useState(text);
  /** By `performance.now()`: when the rendering under way began, and before when the next one should not. */
  const pace = useRef({ startedAt: 0, nextAt: 0 });

  useEffect(() => {
    if (text === shown) return;
    const show = (): void => {
      pace.current.startedAt = performance.now();
      setShown(text);
    };
    const wait = pace.current.nextAt - performance.now();
    if (wait <= 0) return show();
    const timer = setTimeout(show, wait);
    return () => clearTimeout(timer);
  }, [text, shown]);

  useLayoutEffect(() => {
    const { startedAt } = pace.current;
    if (startedAt === 0) return;
    const now = performance.now();
    const wait = Math.min((now - startedAt) * (1 / MOST_OF_TIME - 1), LONGEST_WAIT_MS);
    pace.current = { startedAt: 0, nextAt: now + wait };
  }, [shown]);
  return shown;
}
