import { isClosed, type RunView } from "@stagewire/shared";
import type { RefObject } from "react";
import { plural } from "../lib/format";
import { useCameLate } from "../lib/use-came-late";
import { RunOutcome } from "../outcome/run-outcome";
import { Icon } from "../ui/icon";
import { PausedPanel } from "./paused-panel";
import { StepPanel } from "./step-panel";
import type { Reading } from "./use-reading";

interface TextViewProps {
  readonly view: RunView;
  /** True when this is the run as it once was: then it can't be steered. */
  readonly replayed: boolean;
  readonly reading: Reading;
  readonly guideField: RefObject<HTMLTextAreaElement | null>;
}

/** The text of one step, with what became of the run and the way back to the newest text. */
export function TextView({ view, replayed, reading, guideField }: TextViewProps) {
  const { shown, away, newLines, content, goLive } = reading;
  // A run that ends before the reader's eyes must not push the text down: what became of it follows at the end.
  const cameLate = useCameLate(isClosed(view));
  const outcome = <RunOutcome view={view} shown={shown?.key} />;
  return (
    <div className="transcript" role="region" aria-label="Transcript" aria-live="off" tabIndex={0}>
      <div className="transcript-content" ref={content}>
        {cameLate && outcome}
        {shown && <StepPanel view={view} planned={shown} replayed={replayed} />}
        {!replayed && <PausedPanel view={view} field={guideField} />}
        {!cameLate && outcome}
      </div>
      {away && (
        <button
          type="button"
          className="live-button"
          onClick={({ currentTarget }) => {
            goLive();
            // The button goes, and the focus stays where it led.
            currentTarget.parentElement?.focus({ preventScroll: true });
          }}
        >
          <Icon name="down" />
          {replayed ? "To the end" : "Live"}
          {newLines > 0 && `, ${plural(newLines, "new line")}`}
        </button>
      )}
    </div>
  );
}
