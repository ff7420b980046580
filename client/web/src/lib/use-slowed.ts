import { useEffect, useRef, useState } from "react";

/** `value`, but renewed at most every `ms`. */
export function useSlowed<T>(value: T, ms: number): T {
  const [slowed, setSlowed] = useState(value);
  const renewedAt = useRef(0);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        renewedAt.current = performance.now();
        setSlowed(value);
      },
      Math.max(0, renewedAt.current + ms - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [value, ms]);
  return slowed;
}
