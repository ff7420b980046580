import { useSearchParams } from "wouter";
import type { EventFilter } from "./filter-events";

const NAMES = { type: "event-type", step: "event-step", text: "event-text" } as const;

/** The filter that the address has, and how to change it: what is `undefined` is asked for no longer. */
export function useEventFilter(): readonly [EventFilter, (name: keyof EventFilter, value: string | undefined) => void] {
  const [params, setParams] = useSearchParams();
  const read = (name: keyof EventFilter) => params.get(NAMES[name]) ?? undefined;
  const type = read("type");
  const step = read("step");
  const text = read("text");
  return [
    { ...(type !== undefined && { type }), ...(step !== undefined && { step }), ...(text !== undefined && { text }) },
    (name, value) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === undefined || value === "") after.delete(NAMES[name]);
          else after.set(NAMES[name], value);
          return after;
        },
        { replace: true },
      ),
  ];
}
