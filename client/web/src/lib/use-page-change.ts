import { useEffect, useRef } from "react";

/**
 * On a new page: focus goes to what has `data-autofocus`, else to its `main`, and its top is shown. Going back leaves both to the browser.
 */
export function usePageChange(path: string): void {
  const shown = useRef(path);
  const wentBack = useRef(false);
  useEffect(() => {
    const onPopState = () => {
      // Within a page too, as by its skip link: the page is then not another one.
      wentBack.current = location.pathname !== shown.current;
    };
    window.addEventListener("popstate", onPopState);
    return () => window.removeEventListener("popstate", onPopState);
  }, []);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    if (!wentBack.current) window.scrollTo({ top: 0, behavior: "instant" });
    wentBack.current = false;
    const main = document.getElementById("main");
    (main?.querySelector<HTMLElement>("[data-autofocus]") ?? main)?.focus({ preventScroll: true });
  }, [path]);
}
