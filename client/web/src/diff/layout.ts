import { createSetting, useSetting } from "../lib/setting";
import { useMedia } from "../lib/use-media";

export type Layout = "unified" | "split";

/** What the reader chose last. */
export const layoutSetting = createSetting("stagewire.diff-layout", ["unified", "split"]);

/** How the diff is laid out: on a phone there is room for one column only. */
export function useLayout(): { readonly layout: Layout; readonly choice: boolean } {
  const wanted = useSetting(layoutSetting);
  const narrow = useMedia("(max-width: 768px)");
  return { layout: narrow ? "unified" : wanted, choice: !narrow };
}
