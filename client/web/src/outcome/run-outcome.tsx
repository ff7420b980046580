import { isClosed, type RunView } from "@stagewire/shared";
import { useAction } from "../keys/use-action";
import { Cancelled } from "./cancelled";
import { Failed } from "./failed";
import { Finished } from "./finished";
import "./outcome.css";

interface RunOutcomeProps {
  readonly view: RunView;
  /** The step whose text is shown, as `stepKey`. */
  readonly shown: string | undefined;
}

/** What became of a run that has ended, and what can be done now. */
export function RunOutcome({ view, shown }: RunOutcomeProps) {
  const closed = isClosed(view);
  const finished = view.status === "completed" ? "the run finished: fork it instead" : undefined;
  useAction("retry", undefined, closed ? finished : "the run has not ended yet");
  if (!closed) return null;
  switch (view.status) {
    case "completed":
      return <Finished view={view} />;
    case "cancelled":
      return <Cancelled view={view} />;
    default:
      return <Failed view={view} shown={shown} />;
  }
}
