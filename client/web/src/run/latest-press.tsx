import type { ControlState, ControlStates } from "@stagewire/client/react";
import type { Command } from "@stagewire/shared";
import { pressNote } from "./control-note";

const NAMES: Record<Command["type"], string> = {
  cancel: "Cancel",
  skip: "Skip",
  pause: "Pause",
  resume: "Resume",
  guide: "Guidance",
};

interface LatestPressProps {
  readonly states: ControlStates;
  readonly onAgain: (type: Command["type"]) => void;
}

/**
 * What became of the control that was pressed last. A narrow page has no other place for it; a wide one shows it for
 * what was never answered, with the way to ask again.
 */
export function LatestPress({ states, onAgain }: LatestPressProps) {
  const latest = Object.values(states).reduce<ControlState | undefined>(
    (last, state) => (last && last.at > state.at ? last : state),
    undefined,
  );
  if (!latest) return null;
  const { type } = latest.command;
  return (
    <p className="latest-press" data-status={latest.status}>
      <span>
        {NAMES[type]}: {pressNote(latest)}
        {latest.status === "failed" && `: ${latest.error.message}`}
      </span>
      {latest.status === "failed" && (
        <button type="button" className="small" onClick={() => onAgain(type)}>
          Ask again
        </button>
      )}
    </p>
  );
}
