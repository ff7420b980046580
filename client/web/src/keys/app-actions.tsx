import { Suspense, useState } from "react";
import { useLocation } from "wouter";
import { createPart, usePreload } from "../lib/part";
import { useSetting } from "../lib/setting";
import { theme } from "../lib/theme";
import { timeZone } from "../lib/time-zone";
import { Icon, type IconName } from "../ui/icon";
import { HoldKeys } from "./hold-keys";
import { keyHint } from "./key-hint";
import { useAction } from "./use-action";

const ShortcutSheet = createPart(() => import("./shortcut-sheet"));
const Palette = createPart(() => import("./palette"));

const THEME_ICONS: Record<ReturnType<typeof theme.get>, IconName> = { system: "contrast", light: "sun", dark: "moon" };

/** What can be done on every page, by key and by the buttons in its header. */
export function AppActions() {
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<"help" | "palette">();
  const chosenTheme = useSetting(theme);
  const zone = useSetting(timeZone);
  const close = () => setOpen(undefined);
  usePreload(Palette);
  usePreload(ShortcutSheet);
  useAction("help", () => setOpen("help"));
  useAction("palette", () => setOpen("palette"));
  useAction("new", () => navigate("/runs/new"));
  useAction("runs", () => navigate("/runs"));
  useAction("theme", theme.next);
  useAction("utc", timeZone.next);
  return (
    <div className="app-actions">
      <button
        type="button"
        className="icon-button"
        aria-label="Command palette"
        title={`Command palette (${keyHint("mod+k")})`}
        onClick={() => setOpen("palette")}
      >
        <Icon name="search" />
      </button>
      <button
        type="button"
        className="small zone-button"
        aria-label={`Times: ${zone === "utc" ? "UTC" : "local"}`}
        title="Show times in UTC or local (z)"
        onClick={timeZone.next}
      >
        {zone === "utc" ? "UTC" : "Local"}
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Theme: ${chosenTheme}`}
        title={`Theme: ${chosenTheme} (t)`}
        onClick={theme.next}
      >
        <Icon name={THEME_ICONS[chosenTheme]} />
      </button>
      <button
        type="button"
        className="icon-button keys-button"
        aria-label="Keys"
        title="Keys (?)"
        onClick={() => setOpen("help")}
      >
        <Icon name="keyboard" />
      </button>
      <Suspense fallback={<HoldKeys />}>
        {open === "help" && <ShortcutSheet onClose={close} />}
        {open === "palette" && <Palette onClose={close} />}
      </Suspense>
    </div>
  );
}
