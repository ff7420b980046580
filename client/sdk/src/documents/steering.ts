import type { ControlView, RunView } from "@stagewire/shared";
import { inline, utcTime } from "./inline.js";
import { stepTitle } from "./versions.js";

/** Every command that was not rejected, as a line of markdown each, in the order in which they came. */
export function steeringOf(view: RunView): string[] {
  return view.controls
    .filter(({ outcome }) => outcome !== "rejected")
    .map((control) => `${utcTime(control.at)}, ${inline(control.by)}: ${described(control)}${place(view, control)}`);
}

function described({ command }: ControlView): string {
  switch (command.type) {
    case "cancel": {
      const when = command.when === "now" ? "cancelled at once" : "cancelled after the running stage";
      return command.reason === undefined ? when : `${when} (${inline(command.reason)})`;
    }
    case "skip":
      return command.target === "iteration" ? "skipped one iteration" : "skipped all refinement that remained";
    case "pause":
      return "paused";
    case "resume":
      return "resumed";
    case "guide":
      return `gave guidance: “${inline(command.text)}”`;
    default:
      // A command that a later version added.
      return inline(String((command as { type: unknown }).type));
  }
}

function place(view: RunView, { stage, iteration, outcome }: ControlView): string {
  if (stage === undefined) return "";
  const title = inline(stepTitle(view, { stage, iteration: iteration ?? 0 }));
  return outcome === "scheduled" ? `, scheduled for ${title}` : `, at ${title}`;
}
