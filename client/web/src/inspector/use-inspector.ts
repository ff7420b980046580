import { useState } from "react";
import { useSearchParams } from "wouter";
import { createSetting, useSetting } from "../lib/setting";
import { useMedia } from "../lib/use-media";

const shown = createSetting("stagewire-details", ["hidden", "shown"]);

export interface InspectorState {
  readonly open: boolean;
  /** True where there is no room beside the text: it then lies over the page. */
  readonly sheet: boolean;
  toggle(): void;
}

/** Whether the details stand beside the text, which is remembered, or lie over it, which is not. A link to an attempt opens them. */
export function useInspector(): InspectorState {
  const [params] = useSearchParams();
  const [asked, setAsked] = useState(() => params.has("attempt"));
  const beside = useSetting(shown);
  const [over, setOver] = useState(asked);
  const wide = useMedia("(min-width: 1180px)");
  if (!wide) return { open: over, sheet: true, toggle: () => setOver(!over) };
  const open = asked || beside === "shown";
  return {
    open,
    sheet: false,
    toggle() {
      setAsked(false);
      shown.set(open ? "hidden" : "shown");
    },
  };
}
