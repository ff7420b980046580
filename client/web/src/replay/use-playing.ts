import type { Replay } from "@stagewire/client/replay";
import { useEffect, useRef, useState } from "react";

/** The least time between two pictures of a replay, in ms. */
const PICTURE_MS = 50;
/** The longest time that may count between two of them: a hidden tab gets none, and is not to leap when it comes back. */
const MOST_MS = 250;

interface PlayingOptions {
  readonly replay: Replay | undefined;
  /** The event that is shown. */
  readonly at: number | undefined;
  readonly speed: number;
  readonly onMove: (seq: number) => void;
}

/** Moves on in a replay, at so many times the run's own speed, until its end or until it is stopped. */
export function usePlaying({ replay, at, speed, onMove }: PlayingOptions): { on: boolean; set(on: boolean): void } {
  const [on, setOn] = useState(false);
  /** Where this playing is: finer than events. `own` holds the events that it has shown. */
  const session = useRef<{ ms: number; seq: number; readonly own: Set<number> }>(undefined);
  const latest = useRef({ at, onMove });
  useEffect(() => {
    latest.current = { at, onMove };
  });

  useEffect(() => {
    if (!on || !replay) return;
    let frame = 0;
    let before = performance.now();
    const tick = (now: number): void => {
      frame = requestAnimationFrame(tick);
      if (now - before < PICTURE_MS) return;
      const passed = Math.min(now - before, MOST_MS);
      before = now;
      const { at: shown = 1, onMove: move } = latest.current;
      session.current ??= { ms: replay.msAt(shown), seq: shown, own: new Set([shown]) };
      const { own, seq: last, ms: from } = session.current;
      // Somebody went elsewhere: there they stay.
      if (!own.has(shown)) return set(false);
      const ms = from + passed * speed;
      const seq = replay.seqAtMs(ms);
      session.current = { ms, seq, own: own.add(seq) };
      if (seq !== last) move(seq);
      if (ms >= replay.durationMs) set(false);
    };
    frame = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(frame);
  }, [on, replay, speed]);

  function set(next: boolean): void {
    session.current = undefined;
    setOn(next);
  }
  return { on, set };
}
