import { isClosed, type RunView } from "@stagewire/shared";
import { type KeyboardEvent, useRef } from "react";
import { useAction } from "../keys/use-action";
import { formatClock } from "../lib/format";
import { useHeightVariable } from "../lib/use-height-variable";
import { useNow } from "../lib/use-now";
import { elapsedMs } from "../run/elapsed";
import { Icon } from "../ui/icon";
import { boundaries, stageBars, stepNameAt } from "./stage-bars";
import { type ReplayControl, SPEEDS } from "./use-replay";
import "./replay.css";

/** How far an arrow key goes, in ms. */
const STEP_MS = 1_000;

/** The run's whole time with its steps in it. Dragging it or the arrow keys show the run as it was. `view` is the live one. */
export function Scrubber({ view, replay }: { view: RunView; replay: ReplayControl }) {
  const foot = useRef<HTMLElement>(null);
  useHeightVariable(foot, "--scrubber");
  const elapsed = elapsedMs(view, useNow(isClosed(view) ? undefined : 500));
  const total = Math.max(1, elapsed, replay.ms ?? 0);
  const ms = Math.min(replay.ms ?? total, total);
  const toggle = replay.playing ? replay.pause : replay.play;
  useAction("replay", toggle);

  function onKeyDown(event: KeyboardEvent): void {
    const to = keyTarget(event.key, view, ms, total);
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (to >= total && !isClosed(view)) return replay.leave();
    // Where nothing happened for longer than a step, the next event is where one gets to.
    const stuck = event.key.startsWith("Arrow") && replay.seq !== undefined && replay.seqAt(to) === replay.seq;
    if (stuck) replay.step(to > ms ? 1 : -1);
    else replay.seek(to);
  }

  return (
    <section className="scrubber" ref={foot} data-active={replay.active} aria-label="Replay of the run">
      <button
        type="button"
        className="scrubber-play"
        aria-label={replay.playing ? "Pause the replay" : "Play the replay"}
        onClick={toggle}
      >
        <Icon name={replay.playing ? "paused" : "play"} />
      </button>
      <div className="scrubber-track">
        <div className="scrubber-bars" aria-hidden="true">
          {stageBars(view, total).map(({ key, status, from, to }) => (
            <span
              key={key}
              className="scrubber-bar"
              data-state={status}
              style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
            />
          ))}
        </div>
        <input
          type="range"
          aria-label="Moment of the run that is shown"
          aria-valuetext={`${formatClock(ms)} of ${formatClock(total)}, ${stepNameAt(view, ms)}${replay.active ? "" : isClosed(view) ? ", the end" : ", live"}`}
          min={0}
          max={Math.round(total)}
          value={Math.round(ms)}
          onChange={(event) => replay.seek(event.target.valueAsNumber)}
          onKeyDown={onKeyDown}
        />
      </div>
      <span className="scrubber-time">
        {formatClock(ms)} <span className="muted">/ {formatClock(total)}</span>
      </span>
      {replay.active && (
        <div className="scrubber-more">
          <span className="scrubber-group">
            <button type="button" className="small" aria-label="One event back" onClick={() => replay.step(-1)}>
              <Icon name="back" />
            </button>
            <button type="button" className="small" aria-label="One event on" onClick={() => replay.step(1)}>
              <Icon name="forward" />
            </button>
          </span>
          <span className="scrubber-group" role="group" aria-label="Speed of the replay">
            {SPEEDS.map((speed) => (
              <button
                key={speed}
                type="button"
                className="small"
                aria-pressed={speed === replay.speed}
                onClick={() => replay.setSpeed(speed)}
              >
                {speed}×
              </button>
            ))}
          </span>
          <button
            type="button"
            className="small scrubber-leave"
            aria-label={isClosed(view) ? "To the end" : "To live"}
            onClick={replay.leave}
          >
            {isClosed(view) ? "End" : "Live"}
          </button>
          {replay.paced && (
            <span className="muted scrubber-paced">
              Text paced evenly: the log keeps the words, not each token’s moment.
            </span>
          )}
        </div>
      )}
    </section>
  );
}

/** Where a key goes from `ms`; `undefined` for other keys. */
function keyTarget(key: string, view: RunView, ms: number, total: number): number | undefined {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return Math.max(0, ms - STEP_MS);
    case "ArrowRight":
    case "ArrowUp":
      return Math.min(total, ms + STEP_MS);
    case "PageUp":
      return boundaries(view, total).find((at) => at > ms);
    case "PageDown":
      return boundaries(view, total).findLast((at) => at < ms);
    case "Home":
      return 0;
    case "End":
      return total;
    default:
      return undefined;
  }
}
