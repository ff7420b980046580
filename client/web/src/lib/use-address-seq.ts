import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";

/** How long the address stays as it is after a change, in ms: browsers refuse some hundred changes in ten seconds. */
const SETTLE_MS = 400;

/** A whole number above 0 in the address. It may be set many times a second: the address follows, the first time at once. */
export function useAddressSeq(name: string): readonly [number | undefined, (seq: number | undefined) => void] {
  const [params, setParams] = useSearchParams();
  /** What the address is to say once it may change again. */
  const [ahead, setAhead] = useState<{ seq: number | undefined }>();
  const next = useRef<{ seq: number | undefined }>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );

  function write(seq: number | undefined): void {
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        if (seq === undefined) after.delete(name);
        else after.set(name, String(seq));
        return after;
      },
      { replace: true },
    );
    timer.current = setTimeout(() => {
      timer.current = undefined;
      // What somebody else has put there meanwhile stays.
      const untouched = parseSeq(new URLSearchParams(location.search).get(name)) === seq;
      if (next.current && untouched) write(next.current.seq);
      next.current = undefined;
      setAhead(undefined);
    }, SETTLE_MS);
  }

  return [
    ahead ? ahead.seq : parseSeq(params.get(name)),
    (seq) => {
      // Taking it out of the address is seldom, and not to be seen late.
      if (timer.current === undefined || seq === undefined) {
        clearTimeout(timer.current);
        next.current = undefined;
        setAhead(undefined);
        return write(seq);
      }
      next.current = { seq };
      setAhead(next.current);
    },
  ];
}

function parseSeq(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
