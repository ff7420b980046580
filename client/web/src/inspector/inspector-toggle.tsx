import { Icon } from "../ui/icon";
import "./inspector.css";
import type { InspectorState } from "./use-inspector";

/** Shows the figures of the step, or hides them. */
export function InspectorToggle({ state: { open, sheet, toggle } }: { state: InspectorState }) {
  return (
    <button
      type="button"
      className="small inspector-toggle"
      aria-expanded={sheet ? undefined : open}
      aria-haspopup={sheet ? "dialog" : undefined}
      onClick={toggle}
    >
      <Icon name="details" />
      <span>Details</span>
    </button>
  );
}
