import { type ReactNode, useEffect, useRef, useState } from "react";
import { scrollerOf } from "../lib/scroller-of";

/** What a line takes at least, in px. */
const LINE_HEIGHT = 20;
/** How far outside of what is seen a part is made already. */
const MARGIN = "1000px 0px";

interface LazyPartProps {
  readonly lines: number;
  readonly children: () => ReactNode;
}

/** Makes its content while it is near to what is seen, and keeps its place otherwise. */
export function LazyPart({ lines, children }: LazyPartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const [height, setHeight] = useState(lines * LINE_HEIGHT);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry) return;
        // Its true height is known once it was there.
        if (!entry.isIntersecting && element.childElementCount > 0) setHeight(entry.boundingClientRect.height);
        setNear(entry.isIntersecting);
      },
      { root: scrollerOf(element), rootMargin: MARGIN },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={box} style={near ? undefined : { height }}>
      {near && children()}
    </div>
  );
}
