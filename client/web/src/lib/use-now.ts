import { createContext, useContext, useEffect, useState } from "react";

/** The moment at which time stands still below, Unix ms: that of the event that is replayed. */
export const StoppedClock = createContext<number | undefined>(undefined);

/** Unix ms, renewed every `intervalMs`; without an interval it stands still, and in a replay it is the replay's. */
export function useNow(intervalMs: number | undefined): number {
  const stoppedAt = useContext(StoppedClock);
  const [now, setNow] = useState(Date.now);
  const ticks = stoppedAt === undefined ? intervalMs : undefined;
  useEffect(() => {
    if (ticks === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), ticks);
    return () => clearInterval(timer);
  }, [ticks]);
  return stoppedAt ?? now;
}
