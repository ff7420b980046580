import type { RunView } from "@stagewire/shared";
import { useControls } from "@stagewire/client/react";
import { type ReactNode, type RefObject, useRef } from "react";
import { plural } from "../lib/format";
import { useHeir } from "../lib/use-heir";
import { Icon } from "../ui/icon";
import { GuideForm } from "./guide-panel";
import { guidanceOf } from "./guidance";
import { pausedText, pauseState } from "./pausing";

interface PausedPanelProps {
  readonly view: RunView;
  readonly field: RefObject<HTMLTextAreaElement | null>;
}

/** That the run is paused, or will be, and what can be done meanwhile. Stands where the next text will be. */
export function PausedPanel({ view, field }: PausedPanelProps) {
  const { states, resume, guide } = useControls(view.runId);
  const state = pauseState(view);
  if (state === "going") return null;
  if (state === "pausing" || state === "stalled") {
    return (
      <div className="paused-panel">
        <p>
          <Icon name="paused" />
          <span>
            {state === "pausing" ? (
              <>
                <strong>Pausing.</strong> Finishing the current call first; Resume takes the pause back.
              </>
            ) : (
              <strong>{view.progress?.message}</strong>
            )}
          </span>
        </p>
      </div>
    );
  }
  const waiting = guidanceOf(view).filter(({ since }) => since === undefined).length;
  const text = pausedText(view);
  return (
    <Waiting>
      <p>
        <Icon name="paused" />
        <span>
          <strong>{text.charAt(0).toUpperCase() + text.slice(1)}.</strong>{" "}
          {waiting === 0
            ? "Guidance given now is in its prompt."
            : `${plural(waiting, "text")} of guidance waits for it.`}
        </span>
      </p>
      <GuideForm view={view} state={states.guide} field={field} onSend={guide} />
      <button
        type="button"
        className="primary"
        aria-disabled={states.resume?.status === "requested" || undefined}
        onClick={resume}
      >
        Resume the run
      </button>
    </Waiting>
  );
}

/** Its frame: when the run goes on, it goes with the button that was pressed for that. */
function Waiting({ children }: { readonly children: ReactNode }) {
  const panel = useRef<HTMLDivElement>(null);
  useHeir(panel, ".transcript");
  return (
    <div className="paused-panel" ref={panel}>
      {children}
    </div>
  );
}
