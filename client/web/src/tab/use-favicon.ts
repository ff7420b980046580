import type { RunStatus } from "@stagewire/shared";
import { useEffect } from "react";

/** Gives the browser's tab the icon of a run's state. They are files, since the page's policy takes no data: URLs. */
export function useFavicon(status: RunStatus): void {
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (!link) return;
    const usual = "/favicon.svg";
    link.setAttribute("href", `/favicon-${status}.svg`);
    return () => link.setAttribute("href", usual);
  }, [status]);
}
