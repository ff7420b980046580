import { useEffect, useRef, useState } from "react";

/** `value`, taken over at most every `everyMs`: for what costs too much to be done with every token. */
export function useCalm<Value>(value: Value, everyMs: number): Value {
  const [calm, setCalm] = useState(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    latest.current = value;
    if (value === calm || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      setCalm(latest.current);
    }, everyMs);
  }, [value, calm, everyMs]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return calm;
}
