import type { RunView } from "@stagewire/shared";
import { useRef } from "react";
import { useHeir } from "../lib/use-heir";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import type { PlannedStep } from "../run/plan";
import { StepDetails } from "./step-details";
import type { InspectorState } from "./use-inspector";

interface InspectorProps {
  readonly view: RunView;
  readonly planned: PlannedStep;
  readonly state: InspectorState;
}

/** The figures behind the step that is shown: beside the text, or over it where there is no room. */
export default function Inspector({ view, planned, state }: InspectorProps) {
  const title = `Details of ${planned.title}`;
  const aside = useRef<HTMLElement>(null);
  useHeir(aside, ".inspector-toggle");
  if (state.sheet) {
    return (
      <Dialog title={title} onClose={state.toggle} className="inspector-sheet">
        <StepDetails view={view} planned={planned} />
      </Dialog>
    );
  }
  return (
    <aside className="inspector" ref={aside} aria-label={title}>
      <header className="inspector-head">
        <h2>{title}</h2>
        <button type="button" className="icon-button" aria-label="Hide the details" onClick={state.toggle}>
          <Icon name="close" />
        </button>
      </header>
      <StepDetails view={view} planned={planned} />
    </aside>
  );
}
