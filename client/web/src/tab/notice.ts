import type { RunView } from "@stagewire/shared";
import { formatDuration, taskTitle } from "../lib/format";
import { STATE_WORDS } from "../ui/states";

/** What the notification about a run's end says. Pure. */
export function noticeOf(view: RunView): { readonly title: string; readonly body: string } {
  const after = view.durationMs === undefined ? "" : ` after ${formatDuration(view.durationMs)}`;
  return { title: `${STATE_WORDS[view.status]}${after}`, body: taskTitle(view.task) };
}

/** Why this browser can't notify, or nothing where it can be asked. */
export function whyNoNotices(): string | undefined {
  // On a plain http address other than this machine's own there is none.
  if (!("Notification" in globalThis)) return "this browser has no notifications for this address";
  return Notification.permission === "denied" ? "the browser refuses notifications of this page" : undefined;
}
