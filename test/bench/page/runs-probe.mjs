/** Runs in the page before anything else: notes when the list of runs shows what, its commits, and long tasks. */
export function probeRuns() {
  const notes = { firstRowsAt: 0, shownAt: {}, commits: 0, answered: [], longTasks: [] };
  window.benchRuns = notes;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) notes.longTasks.push(duration);
  }).observe({ type: "longtask", buffered: true });

  let askedAt = 0;
  const asked = ({ timeStamp }) => (askedAt = timeStamp);
  addEventListener("keydown", asked, { capture: true });
  addEventListener("change", asked, { capture: true });
  // Called after each commit, before the browser paints.
  new MutationObserver((records) => {
    const rows = document.querySelectorAll(".runs-row");
    if (rows.length === 0) return;
    notes.firstRowsAt ||= performance.now();
    if (records.some(({ target }) => inside(target, ".runs-body"))) notes.commits++;
    for (const row of [...rows].slice(0, 3)) {
      const title = row.querySelector("[data-run]")?.textContent ?? "";
      if (title.startsWith("appears")) notes.shownAt[title] ??= Date.now();
    }
    if (askedAt === 0 || !records.some(({ target }) => inside(target, ".runs-count"))) return;
    const since = askedAt;
    askedAt = 0;
    requestAnimationFrame(() => setTimeout(() => notes.answered.push(performance.now() - since)));
  }).observe(document, { childList: true, characterData: true, subtree: true });

  function inside(node, selector) {
    const element = node instanceof Element ? node : node.parentElement;
    return Boolean(element?.closest(selector));
  }
}

/** In the page: what was noted since the last time. */
export function takeRunNotes() {
  const { commits, answered, longTasks } = window.benchRuns;
  Object.assign(window.benchRuns, { commits: 0, answered: [], longTasks: [] });
  return { commits, answered, longTasks };
}

/** In the page: scrolls two rows a frame for that many ms; returns how long each frame took. */
export function scrollDown(ms) {
  return new Promise((resolve) => {
    const frames = [];
    const startedAt = performance.now();
    let before;
    const frame = (now) => {
      if (before !== undefined) frames.push(now - before);
      before = now;
      if (now - startedAt > ms) return resolve(frames);
      window.scrollBy({ top: 120, behavior: "instant" });
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}
