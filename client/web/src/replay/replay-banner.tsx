import { isClosed, type RunView } from "@stagewire/shared";
import { useRef } from "react";
import { useAction } from "../keys/use-action";
import { formatClock } from "../lib/format";
import { useHeightVariable } from "../lib/use-height-variable";
import { useHeir } from "../lib/use-heir";
import { CopyButton } from "../ui/copy-button";
import { Icon } from "../ui/icon";
import type { ReplayControl } from "./use-replay";

const WHY_NOT = "this is a replay; go back to now first";

/** In the place of the controls: says that the past is shown, and leads back. `view` is the live one. */
export function ReplayBanner({ view, replay }: { view: RunView; replay: ReplayControl }) {
  const bar = useRef<HTMLDivElement>(null);
  useHeightVariable(bar, "--controls");
  useHeir(bar, ".scrubber-play");
  useAction("live", replay.leave);
  useAction("pause", undefined, WHY_NOT);
  useAction("skip", undefined, WHY_NOT);
  useAction("guide", undefined, WHY_NOT);
  useAction("cancel", undefined, WHY_NOT);
  useAction("retry", undefined, WHY_NOT);
  useAction("fork", undefined, WHY_NOT);
  return (
    <div className="replay-banner" ref={bar} role="group" aria-label="Replay">
      <p className="replay-said">
        <Icon name="history" />
        <span>
          <strong role="status">This is a replay.</strong> <Where replay={replay} /> Controls are off.
        </span>
      </p>
      <div className="replay-ways">
        <CopyButton className="small" text={() => location.href} label="Copy link" />
        <button type="button" className="small primary" onClick={replay.leave}>
          {isClosed(view) ? "Back to the end" : "Back to live"}
        </button>
      </div>
    </div>
  );
}

function Where({ replay: { error, loading, seq, ms } }: { replay: ReplayControl }) {
  if (error) return <span role="alert">The run’s events can’t be loaded: {error.message}</span>;
  if (loading || ms === undefined) return <>Loading the run’s events…</>;
  return (
    <span className="replay-where">
      Event #{seq}, {formatClock(ms)} after the start.
    </span>
  );
}
