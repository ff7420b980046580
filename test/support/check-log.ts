import { reduce, type RunEvent, type RunView } from "@stagewire/shared";
import { expect } from "vitest";

/** Checks from outside what every watcher may rely on, and returns the fold. */
export function checkLog(events: readonly RunEvent[], after = 0): RunView {
  let last = after;
  for (const event of events) {
    expect(event.from ?? event.seq, `after ${last} comes ${event.type} ${event.seq}`).toBe(last + 1);
    expect(event.seq).toBeGreaterThanOrEqual(event.from ?? event.seq);
    last = event.seq;
  }
  if (after === 0) expect(events[0]?.type).toBe("run_start");
  expect(events.slice(1).some(({ type }) => type === "run_start")).toBe(false);
  expect(events.slice(0, -1).some(({ type }) => type === "run_complete")).toBe(false);
  return fold(events);
}

export function fold(events: readonly RunEvent[]): RunView {
  return events.reduce<RunView | undefined>(reduce, undefined) as RunView;
}

/** The output tokens of each completed step, put together by offset, as `stage#iteration`. */
export function tokensOf(events: readonly RunEvent[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const event of events) {
    if (event.type === "stage_start") texts.set(`${event.stage}#${event.iteration}`, "");
    if (event.type !== "token" || event.channel !== "output") continue;
    const key = `${event.stage}#${event.iteration}`;
    const text = texts.get(key) ?? "";
    expect(event.offset).toBe(text.length);
    texts.set(key, text + event.text);
  }
  return texts;
}
