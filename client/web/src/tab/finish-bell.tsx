import { isClosed, type RunView } from "@stagewire/shared";
import { useEffect, useRef, useState } from "react";
import { Icon } from "../ui/icon";
import { noticeOf, whyNoNotices } from "./notice";

/** Asks for a notification when the run ends, for as long as this tab is open. The browser is asked on a press alone. */
export function FinishBell({ view }: { view: RunView }) {
  const [on, setOn] = useState(
    () => isAsked(view.runId) && whyNoNotices() === undefined && Notification.permission === "granted",
  );
  const [whyNot, setWhyNot] = useState(whyNoNotices);
  const closed = isClosed(view);
  const latest = useRef(view);
  useEffect(() => {
    latest.current = view;
  });
  useEffect(() => {
    if (!closed || !on) return;
    keepAsked(latest.current.runId, false);
    notify(latest.current);
  }, [closed, on]);
  // A run that has ended can't end once more.
  if (closed) return null;

  async function toggle(): Promise<void> {
    const wanted = !on && (await Notification.requestPermission()) === "granted";
    setWhyNot(whyNoNotices());
    keepAsked(view.runId, wanted);
    setOn(wanted);
  }

  const title = whyNot ?? (on ? "You will be notified when the run ends" : "Notify me when the run ends");
  return (
    <button
      type="button"
      className="icon-button finish-bell"
      aria-label="Notify me when the run ends"
      aria-pressed={on}
      disabled={whyNot !== undefined}
      title={title}
      onClick={() => void toggle()}
    >
      <Icon name="bell" />
    </button>
  );
}

function notify(view: RunView): void {
  const { title, body } = noticeOf(view);
  try {
    const notice = new Notification(title, { body, tag: view.runId, icon: `/favicon-${view.status}.svg` });
    notice.addEventListener("click", () => {
      window.focus();
      notice.close();
    });
  } catch {
    // Phones take them from service workers alone; the tab's title and icon say it too.
  }
}

/** Whether it was asked for in this tab, also before a reload. */
function isAsked(runId: string): boolean {
  try {
    return sessionStorage.getItem(keyOf(runId)) !== null;
  } catch {
    return false;
  }
}

function keepAsked(runId: string, asked: boolean): void {
  try {
    if (asked) sessionStorage.setItem(keyOf(runId), "on");
    else sessionStorage.removeItem(keyOf(runId));
  } catch {
    // No storage: it lasts until the reload.
  }
}

function keyOf(runId: string): string {
  return `stagewire-notify-${runId}`;
}
