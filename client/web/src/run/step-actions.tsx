import { isClosed, type RunView } from "@stagewire/shared";
import { useId, useRef, useState } from "react";
import { useAction } from "../keys/use-action";
import { useCopy } from "../ui/use-copy";
import { ForkForm } from "./fork-form";
import { useLiveStep } from "./use-live-step";
import type { PlannedStep } from "./plan";
import { failedStep } from "./pulse-line";

interface StepActionsProps {
  readonly view: RunView;
  readonly planned: PlannedStep;
  /** True when this is the run as it once was. */
  readonly replayed: boolean;
}

/** What can be done with a step: its text copied and, once the run has ended, a new run begun from it. */
export function StepActions({ view, planned, replayed }: StepActionsProps) {
  const [forking, setForking] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  /** Where the focus was when the form was opened: its own button, another one, or the text. */
  const before = useRef<Element>(null);
  const id = useId();

  function toggleFork(): void {
    if (forking) return closeFork();
    before.current = document.activeElement;
    setForking(true);
    // Once it is there: what is hidden can't have the focus.
    requestAnimationFrame(() => field.current?.focus());
  }
  function closeFork(): void {
    setForking(false);
    if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
  }

  const closed = isClosed(view);
  const forkable = closed && planned.step !== undefined;
  useAction(
    "fork",
    forkable ? toggleFork : undefined,
    closed ? "the run did not get to this stage" : "the run has not ended yet",
  );

  return (
    <>
      <div className="step-actions">
        {/* Where the run failed, the panel that says so offers it. */}
        {forkable && failedStep(view) !== planned.key && (
          <button type="button" className="small" aria-expanded={forking} aria-controls={id} onClick={toggleFork}>
            Fork from here
          </button>
        )}
        <CopyText view={view} planned={planned} replayed={replayed} />
      </div>
      {forkable && <ForkForm id={id} view={view} planned={planned} open={forking} field={field} onClose={closeFork} />}
    </>
  );
}

function CopyText({ view, planned: { step }, replayed }: StepActionsProps) {
  const output = useLiveStep({ view, step, replayed })?.output ?? "";
  const { outcome, copy, clear } = useCopy(output);
  useAction("copy", output === "" ? undefined : copy, "this stage has no text yet");
  if (output === "") return null;
  return (
    <button type="button" className="small" onClick={copy} onBlur={clear}>
      <span aria-live="polite">{outcome ?? "Copy text"}</span>
    </button>
  );
}
