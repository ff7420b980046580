import { isClosed, type RunView } from "@stagewire/shared";
import { type ControlState, type ControlStates, useControls } from "@stagewire/client/react";
import { type RefObject, useId, useRef, useState } from "react";
import type { ActionId } from "../keys/keymap";
import { useAction } from "../keys/use-action";
import { useHeightVariable } from "../lib/use-height-variable";
import { Icon } from "../ui/icon";
import { Popover } from "../ui/popover";
import { availability } from "./availability";
import { CancelChoices, SkipChoices } from "./choices";
import { Control } from "./control";
import { GuidePanel } from "./guide-panel";
import { LatestPress } from "./latest-press";
import { MoreMenu } from "./more-menu";
import { offersResume, type PauseState, pauseState, waitsForResume } from "./pausing";

interface ControlsProps {
  readonly view: RunView;
  /** Where guidance is written, wherever its form stands. */
  readonly guideField: RefObject<HTMLTextAreaElement | null>;
  /** Brings the form into sight that a paused run has beside its text. */
  readonly onGuidePaused: () => void;
}

/** Steers the run. Each press is told as requested, then as the server answered it. */
export function Controls({ view, guideField, onGuidePaused }: ControlsProps) {
  const controls = useControls(view.runId);
  const { states, cancel, skip, pause, resume, guide } = controls;
  const unavailable = availability(view);
  const bar = useRef<HTMLDivElement>(null);
  useHeightVariable(bar, "--controls");
  const guideButton = useRef<HTMLButtonElement>(null);
  const [guiding, setGuiding] = useState(false);
  const guideId = useId();
  const closed = isClosed(view);
  const paused = pauseState(view);
  const going = !offersResume(view);
  const pausing = isBusy(states.pause) || isBusy(states.resume);
  const skipping = isBusy(states.skip);
  const cancelling = isBusy(states.cancel);

  const waits = waitsForResume(view);
  // Its form is beside the text then, and must not be in the way when the run goes on.
  if (waits && guiding) setGuiding(false);

  function showGuide(open: boolean): void {
    if (waits) onGuidePaused();
    else setGuiding(open);
    focusSoon(open || waits ? guideField : guideButton);
  }

  const asked = "the last press has no answer yet";
  const whyNotNow = (busy: boolean, whyNot?: string) => whyNot ?? (busy ? asked : undefined);
  const ended = closed ? "the run has ended" : undefined;
  useSteering("pause", going ? pause : resume, whyNotNow(pausing, ended));
  useSteering("guide", () => showGuide(!guiding), ended);
  useSteering("skip", () => skip({ target: "iteration" }), whyNotNow(skipping, unavailable.skipIteration));
  useSteering("cancel", () => cancel({ when: "now" }), whyNotNow(cancelling, unavailable.cancel));

  const skipChoices = <SkipChoices unavailable={unavailable} onChoose={skip} />;
  const cancelChoices = <CancelChoices unavailable={unavailable} onChoose={cancel} />;

  return (
    <div className="controls" ref={bar} role="group" aria-label="Controls">
      <LatestPress
        states={{ ...states, ...(states.pause && { pause: lastPause(states.pause, paused) }) }}
        onAgain={controls.again}
      />
      <div className="controls-row">
        {!closed && (
          <>
            <Control
              label={going ? "Pause" : "Resume"}
              className={going ? "" : "primary"}
              busy={pausing}
              state={lastPress(states, paused)}
              onPress={going ? pause : resume}
            />
            <Control
              label="Guide"
              button={guideButton}
              {...(!waits && { discloses: { open: guiding, id: guideId } })}
              busy={false}
              state={states.guide}
              onPress={() => showGuide(!guiding)}
            />
          </>
        )}
        {/* What became of these is still of interest; without a press they end with the run. */}
        {(!closed || states.skip) && (
          <Control
            label="Skip"
            rest="iteration"
            className="split-main"
            unavailable={unavailable.skipIteration}
            busy={skipping}
            state={states.skip}
            onPress={() => skip({ target: "iteration" })}
          >
            <Popover
              className="split"
              button={<Icon name="more" />}
              label="More ways to skip"
              disabled={skipping || unavailable.skipRemaining !== undefined}
            >
              {skipChoices}
            </Popover>
          </Control>
        )}
        {(!closed || states.cancel) && (
          <Control
            label="Cancel"
            rest="run"
            className="split-main danger"
            unavailable={unavailable.cancel}
            busy={cancelling}
            state={states.cancel}
            onPress={() => cancel({ when: "now" })}
          >
            <Popover
              className="split danger"
              button={<Icon name="more" />}
              label="More ways to cancel"
              disabled={cancelling || closed}
            >
              {cancelChoices}
            </Popover>
          </Control>
        )}
        <MoreMenu
          view={view}
          narrow={
            !closed && (
              <>
                {skipChoices}
                {cancelChoices}
              </>
            )
          }
        />
      </div>
      {!closed && !waits && (
        <GuidePanel
          id={guideId}
          view={view}
          open={guiding}
          state={states.guide}
          field={guideField}
          onSend={guide}
          onClose={() => showGuide(false)}
        />
      )}
    </div>
  );
}

/** Offers an action unless there is something against it. */
function useSteering(id: ActionId, handler: () => void, whyNot: string | undefined): void {
  useAction(id, whyNot === undefined ? handler : undefined, whyNot);
}

/** Once it is there: what is hidden can't have the focus. */
function focusSoon(element: RefObject<HTMLElement | null>): void {
  requestAnimationFrame(() => element.current?.focus());
}

function isBusy(state: ControlState | undefined): boolean {
  return state?.status === "requested";
}

/** Pause and Resume take turns on one button: its note is about the press that came last. */
function lastPress({ pause, resume }: ControlStates, paused: PauseState): ControlState | undefined {
  return pause && pause.at > (resume?.at ?? 0) ? lastPause(pause, paused) : resume;
}

/** What was to come later has come once the run is paused. */
function lastPause(pause: ControlState, paused: PauseState): ControlState {
  return paused === "paused" && pause.status === "acknowledged" ? { ...pause, outcome: "applied" } : pause;
}
