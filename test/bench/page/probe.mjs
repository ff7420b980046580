/** Runs in the page before anything else: notes when tokens come in, when the page shows them, frames and long tasks. */
export function probe() {
  const marker = /⟪(\d+)⟫/g;
  const notes = { arrived: [], shown: [], frames: 0, longTasks: [], since: 0 };
  window.benchNotes = notes;
  const numbers = (text) => [...text.matchAll(marker)].map(([, number]) => Number(number));

  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        if (typeof data !== "string" || !data.includes("⟪")) return;
        for (const number of numbers(data)) notes.arrived[number] ??= performance.now();
      });
    }
  };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) notes.longTasks.push({ startTime, duration });
  }).observe({ type: "longtask", buffered: true });
  const frame = () => {
    notes.frames++;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  // Called after each commit, before the browser paints. Only the end of the text is looked at.
  new MutationObserver(() => {
    const blocks = document.querySelectorAll(".block");
    const text = [...blocks]
      .slice(-2)
      .map((block) => block.textContent)
      .join("");
    const now = performance.now();
    for (const number of numbers(text)) notes.shown[number] ??= now;
  }).observe(document, { childList: true, characterData: true, subtree: true });
}

/** In the page: what was noted since the last time. Of tokens those that came in since then: what waited for the page to open is none of the stream. */
export function takeNotes() {
  const { arrived, shown, frames, longTasks, since } = window.benchNotes;
  const now = performance.now();
  window.benchNotes.frames = 0;
  window.benchNotes.since = now;
  window.benchNotes.longTasks = [];
  const streamed = (number) => arrived[number] >= since;
  const delays = shown.flatMap((at, number) => (streamed(number) ? [at - arrived[number]] : []));
  const shownAt = shown.map((at, number) => (streamed(number) ? performance.timeOrigin + at : null));
  return {
    delays,
    shownAt,
    fps: (frames * 1_000) / (now - since),
    longTasks: longTasks.map(({ duration }) => duration),
  };
}

/** In the page: how long the tasks of 50 ms and more took that began after a moment, by `performance.now()`. The browser kept them. */
export function longTasksSince(from) {
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      resolve(list.getEntries().flatMap(({ startTime, duration }) => (startTime < from ? [] : [duration])));
    });
    observer.observe({ type: "longtask", buffered: true });
    // Where there was none it is never called.
    setTimeout(() => resolve([]), 1_000);
  });
}
