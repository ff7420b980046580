import type { RunView } from "@stagewire/shared";
import { useEffect, useRef, useState } from "react";
import { STATE_WORDS } from "../ui/states";
import { pausedText } from "./pausing";
import { failure } from "./pulse-line";

const AT_MOST_EVERY_MS = 5_000;
const OFFLINE_AFTER_MS = 5_000;

/** Speaks stage changes politely and failures at once to screen readers; never tokens. */
export function Announcer({ view, online }: { view: RunView; online: boolean }) {
  const polite = useThrottled(stageNews(view));
  const offline = useDelayed(!online, OFFLINE_AFTER_MS);
  const failed = view.status === "failed" ? `The run failed. ${failure(view)?.message ?? ""}` : "";
  return (
    <>
      <p className="visually-hidden" role="status" aria-live="polite">
        {polite}
      </p>
      <p className="visually-hidden" role="alert">
        {failed || (offline ? "Connection lost. Reconnecting." : "")}
      </p>
    </>
  );
}

function stageNews(view: RunView): string {
  if (view.status === "completed" || view.status === "cancelled")
    return `Run ${STATE_WORDS[view.status].toLowerCase()}`;
  const paused = pausedText(view);
  if (paused) return `Run ${paused}`;
  if (view.status === "queued") return "Run queued";
  const step = view.steps.at(-1);
  if (!step) return "";
  const title = view.pipeline.stages.find(({ id }) => id === step.stage)?.title ?? step.stage;
  const name = step.iteration > 0 ? `${title} ${step.iteration}` : title;
  return `${name}: ${STATE_WORDS[step.status].toLowerCase()}${step.attempt > 1 ? `, attempt ${step.attempt}` : ""}`;
}

/** `text`, but changing at most every few seconds: the latest wins. */
function useThrottled(text: string): string {
  const [spoken, setSpoken] = useState("");
  const spokenAt = useRef(-Infinity);
  useEffect(() => {
    const timer = setTimeout(
      () => {
        spokenAt.current = performance.now();
        setSpoken(text);
      },
      Math.max(0, spokenAt.current + AT_MOST_EVERY_MS - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [text]);
  return spoken;
}

/** True once `condition` has been true for `ms`. */
function useDelayed(condition: boolean, ms: number): boolean {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (!condition) return setHeld(false);
    const timer = setTimeout(() => setHeld(true), ms);
    return () => clearTimeout(timer);
  }, [condition, ms]);
  return held;
}
