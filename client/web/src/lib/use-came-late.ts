import { useEffect, useLayoutEffect, useRef, useState } from "react";

/** Nobody has read anything in so many ms. */
const UNREAD_MS = 300;

/**
 * True for a run that had ended before anybody could read of it as open. What is past may come in several parts, and
 * with all but the last of them a run that has long ended seems to go on.
 */
export function useCameLate(closed: boolean): boolean {
  const [late, setLate] = useState(closed);
  const wasRead = useRef(false);
  useEffect(() => {
    const timer = setTimeout(() => (wasRead.current = true), UNREAD_MS);
    return () => clearTimeout(timer);
  }, []);
  useLayoutEffect(() => {
    if (closed && !wasRead.current) setLate(true);
  }, [closed]);
  return late;
}
